import jstat from 'jstat'
import { summarize } from '../format.ts'

/** A mean, and where the mean of all seeds lies with 95 % confidence: mean +- t std / sqrt(n), Student's t of n - 1. */
export interface Estimate {
  readonly n: number
  readonly mean: number
  /** of a sample (n - 1) */
  readonly std: number
  /** null for one value */
  readonly interval: readonly [number, number] | null
}

export function estimate(values: readonly number[]): Estimate {
  const { n, mean, std } = summarize(values)
  if (n < 2) return { n, mean, std, interval: null }
  const half = (jstat.studentt.inv(0.975, n - 1) * std) / Math.sqrt(n)
  return { n, mean, std, interval: [mean - half, mean + half] }
}

/** of the differences seed by seed: what is luck of the seed in both cancels */
export function pairedEstimate(values: ReadonlyMap<number, number>, base: ReadonlyMap<number, number>): Estimate {
  return estimate(
    [...values].flatMap(([seed, value]) => {
      const other = base.get(seed)
      return other === undefined ? [] : [value - other]
    }),
  )
}
