import type { Parameter } from '../tensor/parameter.ts'
import type { Diagonal } from './fisher.ts'

/** Which units a floor is for. */
export type FloorUnits = 'all' | 'silent'

// a unit is silent when the Fisher of what it takes in is less than this share of its layer's mean
const SILENT = 0.01

/**
 * Adds to each element `share` times the mean over the units of its layer: F[o, i] += share * mean over o' of F[o', i],
 * and likewise for biases. A hidden unit that never fired on the old task has a Fisher of 0; without a floor the new task
 * revives it for free, and it shifts the logits of the old one.
 *
 * With `units` 'silent' only units that the task hardly used get it, those whose row sums to less than a hundredth of the
 * layer's mean; others keep their own F. Outputs are then left out: one without a Fisher is no silent unit but a class
 * that the task did not have.
 */
export function withUnitFloor(
  fisher: Diagonal,
  share: number,
  { units = 'all' }: { readonly units?: FloorUnits } = {},
): Diagonal {
  const outputs = [...fisher.keys()].at(-1)?.shape[0]
  let silent: boolean[] = []
  return new Map(
    [...fisher].map(([parameter, values], index) => {
      const count = parameter.shape[0] ?? 1
      const width = values.length / count
      const mean = new Float64Array(width)
      for (let i = 0; i < values.length; i++)
        mean[i % width] = (mean[i % width] as number) + (values[i] as number) / count
      if (units === 'silent') {
        // a bias follows the weight of its units, whose silence is its own
        if (parameter.shape.length > 1) silent = silentUnits(parameter, values)
        if (index >= fisher.size - 2 && count === outputs) return [parameter, values]
      }
      const gets = (unit: number) => units === 'all' || silent[unit]
      return [
        parameter,
        values.map((value, i) => (gets(Math.floor(i / width)) ? value + share * (mean[i % width] as number) : value)),
      ]
    }),
  )
}

function silentUnits({ shape: [count = 1] }: Parameter, values: Float32Array): boolean[] {
  const width = values.length / count
  const sums = Array.from({ length: count }, (_, unit) =>
    values.subarray(unit * width, (unit + 1) * width).reduce((sum, value) => sum + value, 0),
  )
  const mean = sums.reduce((sum, value) => sum + value, 0) / count
  return sums.map((sum) => sum < SILENT * mean)
}
