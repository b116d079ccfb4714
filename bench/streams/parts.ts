import { accuracy, summarize } from '../format.ts'
import type { Report } from '../report.ts'
import { table } from '../speed/document/tables.ts'
import { meanOf, type Row, rowsOf, summaryOf, tunedOn } from './figures.ts'
import { type ProtocolName, protocolOf, SCENARIOS, type Scenario } from './protocols.ts'
import { type Published, publishedOf } from './published.ts'
import type { RunRecord } from './run.ts'
import { chosen } from './settings.ts'
import { publishedText, sentencesOf, spread } from './tables.ts'
import { bytesText, minutes, scenarioName, settingsText, signed } from './words.ts'

/** What a bench of a stream wrote, read again. */
export interface StreamReport extends Report {
  readonly runs: readonly RunRecord[]
}

/** One scenario of one report. */
export interface Part {
  readonly report: StreamReport
  readonly protocol: ProtocolName
  readonly scenario: Scenario
  readonly rows: readonly Row[]
}

export const fileOf = (protocol: ProtocolName): string =>
  `bench/results/${protocolOf(protocol).stream}-${protocol}.json`

/** in the order of the scenarios */
export function partsOf(report: StreamReport): Part[] {
  const rows = rowsOf(report.runs)
  return SCENARIOS.flatMap((scenario) => {
    const of = rows.filter((row) => row.scenario === scenario)
    const [first] = of
    return first ? [{ report, protocol: first.protocol, scenario, rows: of }] : []
  })
}

/** One scenario: its picture, our rows, what others printed, and what follows. */
export function partText(part: Part): string {
  const { protocol, scenario, rows } = part
  const published = publishedOf(protocol, scenario)
  const images = Object.entries(picturesOf(part)).map(([name, what]) => `![${what}](figures/${name})`)
  return [
    `### ${scenarioName(scenario)}`,
    ...images,
    oursTable(part),
    ...(published.length > 0 ? [publishedTable(published)] : []),
    sentencesOf(rows)
      .map((line) => `- ${line.replace(/^\* the/, '\\*: the')}`)
      .join('\n'),
  ].join('\n\n')
}

/** of its files in docs/figures, each with what it shows */
export function picturesOf({ protocol, scenario, rows }: Part): Readonly<Record<string, string>> {
  const name = `results-${protocol}-${scenario}`
  const means = rows.map((row) => `${row.method} ${accuracy(meanOf(row))}`).join(', ')
  const average = `Average accuracy of each method, ${protocol}, ${scenarioName(scenario)}: ${means}`
  const lines = `Accuracy on the first task after every task of the stream, ${protocol}, ${scenarioName(scenario)}`
  return {
    [`${name}.svg`]: average,
    ...(protocolOf(protocol).tasks > 2 && { [`${name}-first-task.svg`]: lines }),
  }
}

function oursTable({ rows }: Part): string {
  const head = [
    'method',
    'settings',
    'seeds',
    'average',
    'BWT',
    'FWT',
    'forgetting',
    'learning accuracy',
    'a run',
    'keeps',
    'samples',
    'tuned on',
  ]
  const mean = (row: Row, measure: Parameters<typeof summaryOf>[1]) => {
    const found = summaryOf(row, measure)
    return found ? signed(found.mean) : ''
  }
  const cells = rows.map((row) => {
    const { method, settings, runs } = row
    const average = summaryOf(row, 'acc')
    const { stateBytes = 0, storesSamples } = runs[0] ?? {}
    return [
      method,
      settingsText(settings),
      String(runs.length),
      average ? spread(average) : '',
      mean(row, 'bwt'),
      mean(row, 'fwt'),
      mean(row, 'forgetting'),
      mean(row, 'learning-accuracy'),
      minutes(summarize(runs.map(({ seconds }) => seconds)).mean),
      method === 'joint' ? 'all tasks' : bytesText(stateBytes),
      storesSamples ? 'yes' : 'no',
      tunedOn(row),
    ]
  })
  return table(head, cells, ['settings', 'samples', 'tuned on'])
}

function publishedTable(published: readonly Published[]): string {
  const rows = published.map((one) => {
    const { method, runs, source, differs = '', keeps } = one
    return [method, String(runs ?? ''), publishedText(one, '\\*'), keeps ? 'yes' : 'no', source, differs]
  })
  return table(['published', 'seeds', 'average', 'samples or a generator', 'source', 'what differs'], rows, [
    'samples or a generator',
    'source',
    'what differs',
  ])
}

/** What makes a row again. */
export function commandOf({ protocol, scenario, method, settings, runs }: Row): string {
  // --set changes the chosen settings: what is not of this row goes
  const gone = Object.keys(chosen(protocol, scenario, method).settings).filter((name) => !Object.hasOwn(settings, name))
  const change = { ...settings, ...Object.fromEntries(gone.map((name) => [name, null])) }
  const set = Object.keys(change).length > 0 ? ` --set '${JSON.stringify(change)}'` : ''
  const { part = 'all', share = 1 } = runs[0] ?? {}
  const less = (part === 'all' ? '' : ` --${part}`) + (share === 1 ? '' : ` --share ${share}`)
  const seeds = Math.max(...runs.map(({ seed }) => seed))
  return `npm run bench -- run ${protocolOf(protocol).stream} --protocol ${protocol} --scenario ${scenario} --method ${method} --seeds ${seeds}${set}${less}`
}
