/** Parameters whose Fisher lies between two bounds, and how far they moved: |theta - anchor|. */
export interface Bin {
  /** bounds of the Fisher; both 0 for parameters whose Fisher is 0 */
  readonly from: number
  readonly to: number
  readonly count: number
  readonly lower: number
  readonly median: number
  readonly upper: number
}

// a factor of sqrt(10) a bin; what is rarer than this is left out, since its quartiles are noise
const BINS_A_DECADE = 2
const LEAST_COUNT = 20

export interface Moves {
  readonly fisher: Float32Array
  readonly moved: Float32Array
}

export function movementBins(all: readonly Moves[]): Bin[] {
  const groups = new Map<number, number[]>()
  for (const { fisher, moved } of all)
    fisher.forEach((f, i) => {
      const bin = f === 0 ? -Infinity : Math.floor(Math.log10(f) * BINS_A_DECADE)
      const group = groups.get(bin)
      if (group) group.push(moved[i] as number)
      else groups.set(bin, [moved[i] as number])
    })
  const bound = (bin: number) => 10 ** (bin / BINS_A_DECADE)
  return [...groups]
    .filter(([, { length }]) => length >= LEAST_COUNT)
    .toSorted(([a], [b]) => a - b)
    .map(([bin, values]) => {
      values.sort((a, b) => a - b)
      const quantile = (share: number) => values[Math.round(share * (values.length - 1))] as number
      const [lower, median, upper] = [quantile(0.25), quantile(0.5), quantile(0.75)]
      return {
        from: bound(bin),
        to: bin === -Infinity ? 0 : bound(bin + 1),
        count: values.length,
        lower,
        median,
        upper,
      }
    })
}
