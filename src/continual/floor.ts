import type { Diagonal } from './fisher.ts'

/**
 * Adds to each element `share` times the mean over the units of its layer: F[o, i] += share * mean over o' of F[o', i],
 * and likewise for biases. A hidden unit that never fired on the old task has a Fisher of 0; without a floor the new task
 * revives it for free, and it shifts the logits of the old one.
 */
export function withUnitFloor(fisher: Diagonal, share: number): Diagonal {
  return new Map(
    [...fisher].map(([parameter, values]) => {
      const units = parameter.shape[0] ?? 1
      const width = values.length / units
      const mean = new Float64Array(width)
      for (let i = 0; i < values.length; i++)
        mean[i % width] = (mean[i % width] as number) + (values[i] as number) / units
      return [parameter, values.map((value, i) => value + share * (mean[i % width] as number))]
    }),
  )
}
