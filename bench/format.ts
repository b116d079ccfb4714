/** cli-table3 without colours and without a line between rows */
export const PLAIN = {
  style: { head: [] as string[], border: [] as string[] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

/** .8912 */
export const accuracy = (value: number): string => value.toFixed(4).replace(/^0/, '')

export const duration = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`

export interface Summary {
  readonly n: number
  readonly mean: number
  /** of a sample (n - 1); 0 for one */
  readonly std: number
  readonly least: number
  readonly most: number
}

export function summarize(values: readonly number[]): Summary {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    n,
    mean,
    std: n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
    least: Math.min(...values),
    most: Math.max(...values),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
