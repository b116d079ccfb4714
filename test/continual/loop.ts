import { Tape } from '../../src/autograd/tape.ts'
import type { Diagonal } from '../../src/continual/fisher.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import { logSoftmax } from '../../src/ops/log-softmax.ts'
import { mul } from '../../src/ops/mul.ts'
import { sum } from '../../src/ops/sum.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { inputsOf, largest, nudge, numbers, UNIT_ROUNDOFF, worst } from '../toy.ts'

/** What one sample tells: p(class), and the squared gradient of log p(class) of every element, class by class. */
export interface Sample {
  readonly label: number
  readonly p: readonly number[]
  readonly squares: readonly ReadonlyMap<Parameter, Float64Array>[]
}

/** One sample and one class at a time, by the plain tape: no squared pass, no batch, no seed. */
export function samplesOf(model: Mlp, set: LabelledSet): Sample[] {
  const x = inputsOf(set)
  const { features } = set
  const tape = new Tape()
  return Array.from(set.labels, (label, n) => {
    const row = x.subarray(n * features, (n + 1) * features)
    const scores = Array.from({ length: model.outputs }, (_, chosen) =>
      tape.step(() => {
        const logP = logSoftmax(model.forward(tape.input(row, [1, features]), 'evaluation'))
        const onehot = Float32Array.from({ length: model.outputs }, (_, c) => Number(c === chosen))
        const logLikelihood = sum(mul(logP, tape.input(onehot, [1, model.outputs])))
        tape.backward(logLikelihood, model.parameters())
        const squares = model.parameters().map((parameter) => {
          const squared = Float64Array.from(parameter.gradient, (g) => g * g)
          return [parameter, squared] as const
        })
        return { p: Math.exp(logLikelihood.item()), squares: new Map(squares) }
      }),
    )
    return { label, p: scores.map(({ p }) => p), squares: scores.map(({ squares }) => squares) }
  })
}

/** the mean over samples of the squares, each class with its weight */
export function loopFisher(
  samples: readonly Sample[],
  weight: (sample: Sample, chosen: number) => number,
): Map<Parameter, Float64Array> {
  const parameters = [...(samples[0] as Sample).squares[0]!.keys()]
  const total = new Map(parameters.map((parameter) => [parameter, new Float64Array(parameter.size)]))
  for (const sample of samples)
    sample.squares.forEach((squares, chosen) => {
      const share = weight(sample, chosen) / samples.length
      for (const [parameter, values] of squares)
        total.get(parameter)?.forEach((sum, i, sums) => {
          sums[i] = sum + share * (values[i] as number)
        })
    })
  return total
}

export const exactly = ({ p }: Sample, chosen: number): number => p[chosen] as number
export const atLabel = ({ label }: Sample, chosen: number): number => Number(label === chosen)

/**
 * The largest error of a diagonal, in units of what float32 explains: a chunk adds up to 400 non-negative numbers (a
 * relative error of 400 roundings at most), each the square of a gradient that a sum of a few terms of either sign left
 * (an error of 32 roundings of the largest of its layer).
 */
export function error(found: Diagonal, expected: ReadonlyMap<Parameter, Float64Array>): number {
  if (found.size !== expected.size) return Infinity
  const errors = [...expected].map(([parameter, values]) => {
    const most = largest(values)
    return worst(found.get(parameter) ?? [], values, (b) => UNIT_ROUNDOFF * (400 * b + 32 * most))
  })
  return Math.max(...errors)
}

export function precise(fisher: Diagonal): Map<Parameter, Float64Array> {
  return new Map([...fisher].map(([parameter, values]) => [parameter, Float64Array.from(values)]))
}

/** Moves weights, gamma, beta and running statistics away from where a new model has them. */
export function lived(model: Mlp, seed = 5): Mlp {
  const random = Random.from(seed, 'lived')
  nudge(model.parameters(), random, 0.3)
  for (const { runningMean, runningVariance } of model.norms) {
    runningMean.set(numbers(runningMean.length, random, 0.3))
    runningVariance.forEach((_, i) => {
      runningVariance[i] = 0.5 + random.uniform()
    })
  }
  return model
}
