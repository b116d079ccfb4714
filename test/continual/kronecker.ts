import type { LabelledSet } from '../../src/data/set.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { inputsOf, largest, UNIT_ROUNDOFF, worst } from '../toy.ts'

/** The Kronecker factors of a layer in float64. */
export interface Factors64 {
  readonly bias: Parameter
  readonly a: Float64Array
  readonly aBias: Float64Array
  readonly g: Float64Array
}

/** [weight, bias, gamma, beta] of each layer, the last two missing where no BatchNorm follows */
function layersOf(model: Mlp) {
  const parameters = model.parameters()
  return parameters
    .filter(({ shape }) => shape.length === 2)
    .map((weight, index) => ({
      weight,
      bias: parameters[parameters.indexOf(weight) + 1] as Parameter,
      norm: model.norms[index],
    }))
}

/** One sample and one class at a time, forward and backward by loops over numbers: no matrix product, no seed. */
export function loopFactors(model: Mlp, set: LabelledSet, x = inputsOf(set)): Map<Parameter, Factors64> {
  const layers = layersOf(model)
  const found = new Map(
    layers.map(({ weight, bias }): [Parameter, Factors64] => {
      const [outputs, inputs] = weight.shape as readonly [number, number]
      return [
        weight,
        {
          bias,
          a: new Float64Array(inputs * inputs),
          aBias: new Float64Array(inputs),
          g: new Float64Array(outputs * outputs),
        },
      ]
    }),
  )
  const count = x.length / model.inputs
  for (let n = 0; n < count; n++) {
    const inputs: number[][] = [[...x.subarray(n * model.inputs, (n + 1) * model.inputs)]]
    const before: number[][] = []
    layers.forEach(({ weight, bias, norm }, l) => {
      const h = inputs[l] as number[]
      const z = [...bias.data].map((start, o) =>
        h.reduce((sum, value, i) => sum + value * (weight.data[o * h.length + i] as number), start),
      )
      before.push(z)
      const scale = (j: number) =>
        norm ? (norm.gamma.data[j] as number) / Math.sqrt((norm.runningVariance[j] as number) + 1e-5) : 1
      inputs.push(
        z.map((value, j) => {
          const active = Math.max(value, 0)
          return norm ? (active - (norm.runningMean[j] as number)) * scale(j) + (norm.beta.data[j] as number) : active
        }),
      )
      const { a, aBias } = found.get(weight) as Factors64
      h.forEach((one, i) => {
        aBias[i]! += one / count
        h.forEach((other, j) => {
          a[i * h.length + j]! += (one * other) / count
        })
      })
    })
    const logits = before.at(-1) as number[]
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0)
    const p = logits.map((value) => Math.exp(value) / total)
    p.forEach((share, chosen) => {
      let delta = p.map((value, c) => Number(c === chosen) - value)
      for (let l = layers.length - 1; l >= 0; l--) {
        const { weight } = layers[l] as (typeof layers)[number]
        const { g } = found.get(weight) as Factors64
        delta.forEach((one, i) => {
          delta.forEach((other, j) => {
            g[i * delta.length + j]! += (share * one * other) / count
          })
        })
        const below = layers[l - 1]
        if (!below) continue
        delta = (before[l - 1] as number[]).map((z, j) => {
          const width = (inputs[l] as number[]).length
          const arriving = delta.reduce((sum, d, o) => sum + d * (weight.data[o * width + j] as number), 0)
          const { norm } = below
          const scale = norm
            ? (norm.gamma.data[j] as number) / Math.sqrt((norm.runningVariance[j] as number) + 1e-5)
            : 1
          return z > 0 ? arriving * scale : 0
        })
      }
    })
  }
  return found
}

/** a matrix of products of pairs: 400 additions and 100 roundings of what each product was made from, by its largest */
export const allowed = (expected: Float64Array): number => 500 * UNIT_ROUNDOFF * largest(expected)

/** the largest error of all factors, in units of what float32 explains */
export function factorsError(
  found: ReadonlyMap<Parameter, { a: Float32Array; aBias: Float32Array; g: Float32Array }>,
  expected: ReadonlyMap<Parameter, Factors64>,
): number {
  if (found.size !== expected.size) return Infinity
  const errors = [...expected].flatMap(([weight, right]) =>
    (['a', 'aBias', 'g'] as const).map((what) =>
      worst(found.get(weight)?.[what] ?? [], right[what], () => allowed(right[what])),
    ),
  )
  return Math.max(...errors)
}
