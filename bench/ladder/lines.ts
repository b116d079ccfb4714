import { type Row, rowsOf } from '../article/figures.ts'
import type { RunRecord } from '../article/run.ts'
import type { Figure } from '../report.ts'
import { ALL } from './beside.ts'
import type { Rung } from './rungs.ts'
import { type Estimate, estimate, pairedEstimate } from './statistics.ts'

/** What the runs say of a rung. */
export interface Line {
  readonly rung: Rung
  readonly mnist: Estimate
  readonly fashion: Estimate
  readonly average: Estimate
  /** the average of every seed */
  readonly averages: readonly number[]
  /** of the average, seed by seed, to the rung it is compared with */
  readonly difference: Estimate | null
}

/** in the order of the ladder, whatever that of the records */
export function linesOf(records: readonly RunRecord[]): Line[] {
  const rows = new Map(rowsOf(records).map((row) => [row.recipe, row]))
  return ALL.flatMap((rung): Line[] => {
    const row = rows.get(rung.name)
    if (!row) return []
    const base = rung.comparedWith === null ? undefined : rows.get(rung.comparedWith)
    const { mnist, fashion, average } = row.values
    return [
      {
        rung,
        mnist: estimate(mnist),
        fashion: estimate(fashion),
        average: estimate(average),
        averages: average,
        difference: base ? pairedEstimate(bySeed(row), bySeed(base)) : null,
      },
    ]
  })
}

const bySeed = ({ runs, values }: Row): Map<number, number> =>
  new Map(runs.map(({ seed }, index) => [seed, values.average[index] as number]))

export function figuresOf(lines: readonly Line[]): Figure[] {
  return lines.flatMap(({ rung, difference, ...line }) => {
    const figure = (what: string, { n, mean: value, std, interval }: Estimate, params = {}): Figure => ({
      name: `ladder/${rung.name}/${what}`,
      value,
      unit: 'accuracy',
      n,
      std,
      better: 'higher',
      params: { interval, ...params },
    })
    return [
      ...(['mnist', 'fashion', 'average'] as const).map((what) => figure(what, line[what])),
      ...(difference ? [figure('difference', difference, { comparedWith: rung.comparedWith })] : []),
    ]
  })
}
