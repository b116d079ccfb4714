import { summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import type { RunRecord } from './run.ts'
import { chosen } from './settings.ts'

/** The runs of one method with one group of settings, over seeds. */
export interface Row extends Pick<RunRecord, 'protocol' | 'scenario' | 'method' | 'settings'> {
  readonly runs: readonly RunRecord[]
}

export function rowsOf(records: readonly RunRecord[]): Row[] {
  const groups = new Map<string, RunRecord[]>()
  for (const record of records) {
    const { protocol, scenario, method, settings } = record
    const key = JSON.stringify([protocol, scenario, method, settings])
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return [...groups.values()].map((runs) => {
    const { protocol, scenario, method, settings } = runs[0] as RunRecord
    return { protocol, scenario, method, settings, runs }
  })
}

/** ACC: the mean over the tasks of the accuracy after the last */
export function averageOf({ accuracy }: RunRecord): number {
  const last = accuracy.at(-1) ?? []
  return last.reduce((sum, value) => sum + value, 0) / last.length
}

export function figuresOf(rows: readonly Row[]): Figure[] {
  return rows.map((row): Figure => {
    const { protocol, scenario, method, settings, runs } = row
    const { n, mean: value, std } = summarize(runs.map(averageOf))
    const { tunedOn } = chosen(protocol, scenario, method)
    const seconds = summarize(runs.map((run) => run.seconds)).mean
    const { stateBytes, storesSamples } = runs[0] as RunRecord
    return {
      name: `${runs[0]?.protocol}/${scenario}/${method}/acc`,
      value,
      unit: 'accuracy',
      n,
      std,
      better: 'higher',
      params: { settings, tunedOn, seconds, stateBytes, storesSamples },
    }
  })
}
