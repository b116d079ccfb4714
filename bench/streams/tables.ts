import Table from 'cli-table3'
import { accuracy, PLAIN, summarize } from '../format.ts'
import { bestOf, meanOf, type Row, summaryOf, tunedOn } from './figures.ts'
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
    const title = `${protocol}, ${scenarioName(scenario)}: test accuracy over all tasks after the last (mean \u00b1 deviation over seeds)`
    const beside = published.length > 0 ? [publishedTable(published)] : []
    return [title, tableOf(of), ...beside, ...sentencesOf(of)].join('\n')
  }).join('\n\n')

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
  const joint = rows.find(({ method }) => method === 'joint')
  const best = bestOf(rows.filter(({ method }) => method !== 'joint'))
  if (!joint || !best) return ''
  const gap = meanOf(joint) - meanOf(best)
  const where = gap >= 0 ? `${accuracy(gap)} below` : `${accuracy(-gap)} above`
  return `The best that keeps no sample, ${best.method}, is ${where} joint training, which sees all tasks at once.`
}

export function targetSentence(of: string, target: Target | undefined, row: Row | undefined): string {
  if (!target || !row) return ''
  const { required, stretch } = target
  return `Target for ${of}: at least ${accuracy(required)} (stretch ${accuracy(stretch)}); ${row.method} has ${accuracy(meanOf(row))}: ${judgedBy(target, row)}.`
}

export function judgedBy({ required, stretch }: Target, row: Row): string {
  const found = meanOf(row)
  if (found < required) return 'missed'
  return found >= stretch ? 'met, stretch met' : 'met'
}
