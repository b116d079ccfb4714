import { isDeepStrictEqual } from 'node:util'
import { type Summary, summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import { type Measure, type Measures, measuresOf } from './measures.ts'
import { METHODS } from './methods.ts'
import { protocolOf, SCENARIOS } from './protocols.ts'
import type { RunRecord } from './run.ts'
import { shownWith, type TunedOn } from './settings.ts'
import { DIAGONAL, targetsOf } from './targets.ts'

/** The runs of one method with one group of settings, over seeds. */
export interface Row extends Pick<RunRecord, 'protocol' | 'scenario' | 'method' | 'settings'> {
  readonly runs: readonly RunRecord[]
}

/** by scenario and method, as they are listed; groups of settings in the order of their first runs */
export function rowsOf(records: readonly RunRecord[]): Row[] {
  const groups = new Map<string, RunRecord[]>()
  for (const record of records) {
    const { protocol, scenario, method, settings } = record
    const options = Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify([protocol, scenario, method, options])
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  const rank = ({ scenario, method }: Row) => SCENARIOS.indexOf(scenario) * METHODS.length + METHODS.indexOf(method)
  return [...groups.values()]
    .map((runs) => {
      const { protocol, scenario, method, settings } = runs[0] as RunRecord
      return { protocol, scenario, method, settings, runs: runs.toSorted((a, b) => a.seed - b.seed) }
    })
    .toSorted((a, b) => rank(a) - rank(b))
}

/** ACC: the mean over the tasks of the accuracy after the last */
export const averageOf = (record: RunRecord): number => measuresOf(record).acc

/** over the seeds; null where a run has no such measure */
export function summaryOf({ runs }: Pick<Row, 'runs'>, measure: Measure): Summary | null {
  const values = runs.flatMap((run) => measuresOf(run)[measure] ?? [])
  return values.length === runs.length ? summarize(values) : null
}

/** of the average accuracy */
export const meanOf = (row: Pick<Row, 'runs'>): number => summaryOf(row, 'acc')?.mean ?? Number.NaN

/** 'given': not settings that were chosen, but others from the command line */
export function tunedOn({ protocol, scenario, method, settings }: Row): TunedOn | 'given' {
  const choice = shownWith(protocol, scenario, method).find((one) =>
    isDeepStrictEqual({ ...one.settings }, { ...settings }),
  )
  return choice?.tunedOn ?? 'given'
}

/** whether its settings were chosen without a look at test images, or it is judged by none */
const blind = (row: Row) =>
  row.runs.every(({ part }) => part === 'held-out') || !['given', 'test-seen'].includes(tunedOn(row))

/** one that is asked only of all images and the whole budget */
const whole = ({ runs }: Row) => runs.every(({ part, share }) => part === 'all' && share === 1)

/** of one scenario, those that were chosen without test images, the best first */
const ranked = (rows: readonly Row[]) => rows.filter(blind).toSorted((a, b) => meanOf(b) - meanOf(a))

/** of those that keep no sample, in one scenario, whose settings were chosen without test images */
export const bestOf = (rows: readonly Row[]): Row | undefined =>
  ranked(rows).find(({ runs }) => !runs[0]?.storesSamples)

/** what there is to reach, in one scenario */
export const jointOf = (rows: readonly Row[]): Row | undefined => ranked(rows).find(({ method }) => method === 'joint')

const BETTER: Readonly<Record<keyof Measures, Figure['better']>> = {
  acc: 'higher',
  bwt: 'higher',
  forgetting: 'lower',
  'learning-accuracy': 'higher',
  fwt: 'higher',
}

/** Names are `<stream>/<protocol>/<scenario>/<method>/<measure>`, and `best` for the best method that keeps no sample. */
export function figuresOf(rows: readonly Row[]): Figure[] {
  const scenarios = SCENARIOS.map((scenario) => rows.filter((row) => row.scenario === scenario))
  return [...rows.flatMap(figuresOfRow), ...scenarios.flatMap(bestFigure)]
}

function figuresOfRow(row: Row): Figure[] {
  const { protocol, scenario, method, settings, runs } = row
  const { stateBytes = 0, storesSamples = false } = runs[0] ?? {}
  const seconds = summarize(runs.map((run) => run.seconds)).mean
  const params = { settings, tunedOn: tunedOn(row), seconds, stateBytes, storesSamples }
  return Object.keys(BETTER).flatMap((name) => {
    const measure = name as Measure
    const found = summaryOf(row, measure)
    if (!found) return []
    const { n, mean: value, std } = found
    const diagonal = measure === 'acc' && DIAGONAL.has(method) && whole(row)
    const target = diagonal ? targetsOf(protocol, scenario).diagonal : undefined
    return {
      name: `${protocolOf(protocol).stream}/${protocol}/${scenario}/${method}/${measure}`,
      value,
      unit: 'accuracy',
      n,
      std,
      better: BETTER[measure],
      ...(target && { target: target.required }),
      params: { ...params, ...(target && { stretch: target.stretch }) },
    }
  })
}

function bestFigure(rows: readonly Row[]): Figure[] {
  const best = bestOf(rows)
  const target = best && targetsOf(best.protocol, best.scenario).best
  const found = best && figuresOfRow(best)[0]
  if (!best || !target || !found || !whole(best)) return []
  const name = found.name.replace(`/${best.method}/`, '/best/')
  const params = { ...found.params, method: best.method, stretch: target.stretch }
  return [{ ...found, name, target: target.required, params }]
}
