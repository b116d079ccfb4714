import Table from 'cli-table3'
import { accuracy, PLAIN, summarize } from '../format.ts'
import type { Part } from '../part.ts'
import { bestOf, jointOf, meanOf, type Row, summaryOf, tunedOn } from './figures.ts'
import { type ProtocolName, SCENARIOS } from './protocols.ts'
import { type Published, publishedOf } from './published.ts'
import { DIAGONAL, type Target, targetsOf } from './targets.ts'
import { bytesText, minutes, scenarioName, settingsText, signed } from './words.ts'

const BAR = 8
const HEAD = ['method, settings', 'seeds', 'average', '', 'BWT', 'forgot', 'a run', 'keeps', 'tuned on'] as const
const ALIGN = ['left', 'right', 'left', 'left', 'right', 'right', 'right', 'right', 'left'] as const
/** 120 columns together */
const WIDTHS = [21, 7, 16, 10, 8, 8, 10, 16, 14] as const

/** A table a scenario, what others printed at its end, and what is to be said under it. */
export const streamTable = (protocol: ProtocolName, rows: readonly Row[]): string =>
  SCENARIOS.flatMap((scenario) => {
    const of = rows.filter((row) => row.scenario === scenario)
    if (of.length === 0) return []
    const published = publishedOf(protocol, scenario)
    const images = IMAGES[of[0]?.runs[0]?.part ?? 'all']
    const title = `${protocol}, ${scenarioName(scenario)}: average accuracy on ${images} after the last task (mean \u00b1 deviation)`
    const beside = published.length > 0 ? [publishedTable(published)] : []
    return [title, tableOf(of), ...beside, ...sentencesOf(of)].join('\n')
  }).join('\n\n')

const IMAGES: Readonly<Record<Part, string>> = {
  all: 'test images',
  quick: 'a tenth of the test images',
  'held-out': 'held-out training images',
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({ ...PLAIN, head: [...HEAD], colAligns: [...ALIGN], colWidths: [...WIDTHS], wordWrap: true })
  for (const row of rows) table.push(cellsOf(row))
  return table.toString()
}

/** its first columns under those of ours */
function publishedTable(published: readonly Published[]): string {
  const columns = WIDTHS.slice(0, 4)
  const rest = WIDTHS.slice(4).reduce((sum, width) => sum + width + 1, -1)
  const head = ['published', 'seeds', 'average', '', 'source, and what differs']
  const table = new Table({
    ...PLAIN,
    head,
    colAligns: ['left', 'right'],
    colWidths: [...columns, rest],
    wordWrap: true,
  })
  for (const one of published) {
    const { method, value, runs, source, differs, keeps } = one
    table.push([
      method,
      runs ?? '',
      publishedText(one, '*'),
      bar(value),
      [source, keeps && `keeps ${KEPT[keeps]}`, differs].filter(Boolean).join('; '),
    ])
  }
  return table.toString()
}

const KEPT = { samples: 'samples', generator: 'a generator' } as const

function cellsOf(row: Row) {
  const { method, settings, runs } = row
  const acc = summaryOf(row, 'acc')
  const bwt = summaryOf(row, 'bwt')
  const forgetting = summaryOf(row, 'forgetting')
  const text = settingsText(settings)
  return [
    text === '' ? method : `${method}: ${text}`,
    runs.length,
    acc === null ? '' : spread(acc),
    bar(meanOf(row)),
    bwt ? signed(bwt.mean) : '',
    forgetting ? signed(forgetting.mean) : '',
    minutes(summarize(runs.map(({ seconds }) => seconds)).mean),
    keepsText(row),
    tunedOn(row).replace('-', ' '),
  ]
}

/** mean, with the deviation when there is one */
export const spread = ({
  n,
  mean,
  std,
}: {
  readonly n: number
  readonly mean: number
  readonly std: number
}): string => (n > 1 ? `${accuracy(mean)} \u00b1 ${accuracy(std)}` : accuracy(mean))

export function keepsText({ method, runs }: Pick<Row, 'method' | 'runs'>): string {
  const { stateBytes = 0, storesSamples = false } = runs[0] ?? {}
  if (method === 'joint') return 'all samples'
  return bytesText(stateBytes) + (storesSamples ? ' samples' : '')
}

export const bar = (value: number, width: number = BAR): string => {
  const filled = Math.round(Math.min(Math.max(value, 0), 1) * width)
  return '\u2588'.repeat(filled) + '\u2591'.repeat(width - filled)
}

/** @param mark - of a deviation that is the mean's */
export const publishedText = ({ value, spread }: Published, mark: string): string =>
  accuracy(value) + (spread ? ` \u00b1 ${accuracy(spread.value)}${spread.of === 'mean' ? mark : ''}` : '')

/** joint's gap, the targets, and what these numbers do not say */
export function sentencesOf(rows: readonly Row[]): string[] {
  const [first] = rows
  if (!first) return []
  const { protocol, scenario } = first
  const lines = [gapSentence(rows)]
  const { part = 'all', share = 1 } = first.runs[0] ?? {}
  if (part === 'all' && share === 1) {
    const { diagonal, best } = targetsOf(protocol, scenario)
    const diagonals = rows.filter(({ method }) => DIAGONAL.has(method))
    lines.push(targetSentence('diagonal EWC', diagonal, bestOf(diagonals)))
    lines.push(targetSentence('the best that keeps no sample', best, bestOf(rows)))
  }
  if (part === 'held-out') lines.push('Judged by held-out training images, which were not learnt from.')
  if (part === 'quick') lines.push('Quick: a tenth of the images. These accuracies say nothing about the methods.')
  if (share !== 1) lines.push(`With ${share} of the protocol's budget.`)
  if (publishedOf(protocol, scenario).some(({ spread }) => spread?.of === 'mean'))
    lines.push('* the deviation of the mean, not of the runs, as its source prints it')
  return lines.filter((line) => line !== '')
}

function gapSentence(rows: readonly Row[]): string {
  const [joint, best] = [jointOf(rows), bestOf(rows)]
  const [bound, found] = [joint && summaryOf(joint, 'acc'), best && summaryOf(best, 'acc')]
  if (!bound || !found) return ''
  const gap = bound.mean - found.mean
  const size = gap >= 0 ? `${accuracy(gap)} below` : `${accuracy(-gap)} above`
  const spread = Math.hypot(bound.std, found.std)
  const subject = `The best that keeps no sample, ${best?.method},`
  if (bound.n > 1 && found.n > 1 && Math.abs(gap) <= spread)
    return `${subject} and joint training differ no more than two seeds do: ${size}, \u00b1 ${accuracy(spread)}.`
  const few = bound.n > 1 && found.n > 1 ? '' : ' (one seed)'
  const which = joint && tunedOn(joint) === 'nothing' ? 'whose rate was not tuned' : 'which sees all tasks at once'
  return `${subject} is ${size} joint training, ${which}${few}.`
}

export function targetSentence(of: string, target: Target | undefined, row: Row | undefined): string {
  if (!target || !row) return ''
  const { required, stretch } = target
  return `Target for ${of}: at least ${accuracy(required)} (stretch ${accuracy(stretch)}); ${row.method} has ${accuracy(meanOf(row))}: ${judgedBy(target, row)}.`
}

/** A stretch is met where the mean is above it by its standard error: where other seeds would hardly say otherwise. */
export function judgedBy({ required, stretch }: Target, row: Row): string {
  const { n, mean, std } = summaryOf(row, 'acc') ?? summarize([])
  if (!(mean >= required)) return 'missed'
  if (mean < stretch) return 'met'
  if (n < 2) return 'met, stretch by one seed'
  return mean - std / Math.sqrt(n) >= stretch ? 'met, stretch met' : 'met, stretch within the spread'
}
