import type { PeersReport, Skipped } from '../../peers/measure.ts'
import type { Report } from '../../report.ts'
import type { Anatomy } from '../anatomy.ts'
import type { Row } from '../figures.ts'
import type { MethodName } from '../recipes.ts'
import type { RunRecord } from '../run.ts'

/** What the report is made of. */
export interface ReportData {
  /** with everything that the JSON has */
  readonly result: Report
  readonly rows: readonly Row[]
  /** the runs of extras.ts, pictures included */
  readonly extras: readonly RunRecord[]
  readonly seeds: number
  readonly epochs: number
  readonly quick: boolean
  /** PyTorch, timed beside us now; null: not asked for */
  readonly peers: PeersReport | Skipped | null
}

export const rowOf = ({ rows }: ReportData, recipe: string, method: MethodName): Row | undefined =>
  rows.find((row) => row.recipe === recipe && row.method === method)

export const extrasOf = ({ extras }: ReportData, recipe: string, method: MethodName): readonly RunRecord[] =>
  extras.filter((run) => run.recipe === recipe && run.method === method)

export function anatomyOf(data: ReportData, recipe: string, method: MethodName, seed = 1): Anatomy {
  const anatomy = extrasOf(data, recipe, method).find((run) => run.seed === seed)?.anatomy
  if (!anatomy) throw new Error(`no anatomy of ${recipe} ${method} seed ${seed}`)
  return anatomy
}

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** "seeds 1 to 3", "seed 1" */
export const seedsOf = (n: number): string => (n === 1 ? 'seed 1' : `seeds 1 to ${n}`)
