import { expect } from 'vitest'
import { kroneckerFactors } from '../../src/continual/factors.ts'
import type { Kfac } from '../../src/continual/kfac.ts'
import type { Task } from '../../src/continual/method.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { blobs, largest, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { lived } from './loop.ts'

export const sets = [1, 2, 3].map((seed) => blobs({ count: 30, features: 5, classes: 4, seed })) as [
  LabelledSet,
  LabelledSet,
  LabelledSet,
]
export const make = (outputs = 4) => lived(new Mlp([5, 6, outputs], { seed: 1, batchNorm: true }))
export const taskOf = (model: Classifier, set: LabelledSet): Task => ({
  model,
  set,
  batchSize: 10,
  batches: null,
  random: Random.from(1),
})
export const consolidate = (kfac: Kfac, model: Classifier, ...of: LabelledSet[]) => {
  for (const set of of) kfac.consolidate(taskOf(model, set))
}

/** of a layer: [W b] where the last task left it, A with the row and column of the bias, G */
export interface Literal {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly anchor: Float64Array
  readonly a: Float64Array
  readonly g: Float64Array
}

/** [W b], a row an output */
function augmented(weight: ArrayLike<number>, bias: ArrayLike<number>): Float64Array {
  const inputs = weight.length / bias.length
  return Float64Array.from({ length: weight.length + bias.length }, (_, at) => {
    const [o, i] = [Math.floor(at / (inputs + 1)), at % (inputs + 1)]
    return (i === inputs ? bias[o] : weight[o * inputs + i]) as number
  })
}

/** a task's factors, each damped as the option says: a share of the mean of the diagonal */
export function literal(model: Classifier, set: LabelledSet, damping: number): Literal[] {
  return [...kroneckerFactors(model, set, { random: Random.from(1) })].map(([weight, { bias, last, a, aBias, g }]) => {
    const [outputs, inputs] = weight.shape as [number, number]
    const whole = Float64Array.from({ length: (inputs + 1) ** 2 }, (_, at) => {
      const [i, j] = [Math.floor(at / (inputs + 1)), at % (inputs + 1)]
      if (i === inputs && j === inputs) return 1
      return (i === inputs ? aBias[j] : j === inputs ? aBias[i] : a[i * inputs + j]) as number
    })
    const diagonal = Array.from({ length: outputs }, (_, o) => g[o * outputs + o] as number)
    const mean = diagonal.reduce((sum, value) => sum + value, 0) / outputs
    const damped = Float64Array.from(g)
    diagonal.forEach((value, o) => {
      if (!last || value > 0) damped[o * outputs + o] = value + damping * mean
    })
    return { weight, bias, anchor: augmented(weight.data, bias.data), a: whole, g: damped }
  })
}

/** over tasks: A averaged, G summed, the latest anchor */
export function together(tasks: readonly Literal[][]): Literal[] {
  return (tasks.at(-1) as Literal[]).map((last, l) => {
    const all = tasks.map((task) => task[l] as Literal)
    return {
      ...last,
      a: last.a.map((_, i) => all.reduce((sum, { a }) => sum + (a[i] as number), 0) / tasks.length),
      g: last.g.map((_, i) => all.reduce((sum, { g }) => sum + (g[i] as number), 0)),
    }
  })
}

/** (lambda / 2) tr(D^T G D A), of layers at [W b] in float64 */
function penaltyAt(layers: readonly Literal[], values: readonly Float64Array[], lambda: number): number {
  return layers.reduce((total, { anchor, a, g, bias }, l) => {
    const [outputs, width] = [bias.size, anchor.length / bias.size]
    const d = anchor.map((place, at) => (values[l]?.[at] as number) - place)
    let trace = 0
    for (let o = 0; o < outputs; o++)
      for (let p = 0; p < outputs; p++)
        for (let i = 0; i < width; i++)
          for (let j = 0; j < width; j++)
            trace += d[o * width + i]! * g[o * outputs + p]! * d[p * width + j]! * a[j * width + i]!
    return total + (lambda / 2) * trace
  }, 0)
}

/** what the literal penalty and its central differences, exact for a quadratic, say where the model is now */
function expected(layers: readonly Literal[], lambda: number) {
  const values = layers.map(({ weight, bias }) => augmented(weight.data, bias.data))
  const gradients = layers.map((_, l) => {
    const own = values[l] as Float64Array
    return own.map((value, at) => {
      const h = 0.01
      own[at] = value + h
      const above = penaltyAt(layers, values, lambda)
      own[at] = value - h
      const below = penaltyAt(layers, values, lambda)
      own[at] = value
      return (above - below) / (2 * h)
    })
  })
  return { penalty: penaltyAt(layers, values, lambda), gradients }
}

/** what addGradient adds to gradients of 0 */
export function added(kfac: Kfac, parameters: readonly Parameter[]) {
  for (const { gradient } of parameters) gradient.fill(0)
  const penalty = kfac.addGradient(parameters)
  return { penalty, gradients: new Map(parameters.map((one) => [one, one.gradient.slice()])) }
}

export function check(kfac: Kfac, model: Classifier, layers: readonly Literal[], lambda: number) {
  const right = expected(layers, lambda)
  const { penalty, gradients } = added(kfac, model.parameters())
  expect(right.penalty).toBeGreaterThan(0)
  expect(Math.abs(penalty / right.penalty - 1)).toBeLessThan(100 * UNIT_ROUNDOFF)
  layers.forEach(({ weight, bias }, l) => {
    const found = augmented(gradients.get(weight) ?? [], gradients.get(bias) ?? [])
    const all = right.gradients[l] as Float64Array
    // sums of a few terms of either sign
    expect(worst(found, all, () => 100 * UNIT_ROUNDOFF * largest(all))).toBeLessThan(1)
  })
}
