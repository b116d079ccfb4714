import type { Anchored, Optimizer, Quadratic } from '../../src/optim/optimizer.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { hashOf, largest, numbers, worst } from '../toy.ts'

/** One parameter's penalty gradient in float64: lambda F (theta - anchor). */
export type Pull = (theta: number, index: number) => number

export const free: Pull = () => 0

export const pullOf =
  (lambda: number, { precision, anchor }: Anchored): Pull =>
  (theta, i) =>
    lambda * (precision[i] as number) * (theta - (anchor[i] as number))

/** What is given to a reference: the weights to change, the gradients of every step, the penalty. */
export interface Descent {
  readonly theta: Float64Array
  readonly gradients: readonly Float32Array[]
  readonly pull: Pull
}

/** Sutskever et al. 2013 as PyTorch has it, element by element */
export function sgdReference(
  { theta, gradients, pull }: Descent,
  { learningRate, momentum, weightDecay }: { learningRate: number; momentum: number; weightDecay: number },
): void {
  const velocity = new Float64Array(theta.length)
  for (const gradient of gradients)
    for (let i = 0; i < theta.length; i++) {
      const old = theta[i] as number
      const g = (gradient[i] as number) + pull(old, i) + weightDecay * old
      const v = momentum * (velocity[i] as number) + g
      velocity[i] = v
      theta[i] = old - learningRate * v
    }
}

/** Kingma and Ba 2015, algorithm 1, line by line */
export function adamReference(
  { theta, gradients, pull }: Descent,
  { learningRate, beta1, beta2, epsilon }: { learningRate: number; beta1: number; beta2: number; epsilon: number },
): void {
  const m = new Float64Array(theta.length)
  const v = new Float64Array(theta.length)
  gradients.forEach((gradient, step) => {
    const t = step + 1
    for (let i = 0; i < theta.length; i++) {
      const old = theta[i] as number
      const g = (gradient[i] as number) + pull(old, i)
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * g
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * g ** 2
      const mHat = (m[i] as number) / (1 - beta1 ** t)
      const vHat = (v[i] as number) / (1 - beta2 ** t)
      theta[i] = old - (learningRate * mHat) / (Math.sqrt(vHat) + epsilon)
    }
  })
}

export const parameterOf = (name: string, length: number, random: Random): Parameter =>
  new Parameter(name, [length], numbers(length, random))

/** precisions in [0, 1), a third of them 0, around anchors in [-1, 1) */
export function anchoredAt(parameter: Parameter, random: Random): Anchored {
  const precision = Float32Array.from({ length: parameter.size }, () => Math.max(0, 1.5 * random.uniform() - 0.5))
  return { precision, anchor: numbers(parameter.size, random) }
}

export function quadraticOf(lambda: number, shares: ReadonlyMap<Parameter, Anchored>, constant = 0): Quadratic {
  const largest = Math.max(
    ...[...shares.values()].map(({ precision }) => precision.reduce((a, b) => Math.max(a, b), 0)),
  )
  return { lambda, constant, largest, of: (parameter) => shares.get(parameter) }
}

/** (lambda / 2) (sum F (theta - anchor)^2 + constant) in float64 */
export function penaltyIn64({ lambda, constant, of }: Quadratic, parameters: readonly Parameter[]): number {
  let sum = constant
  for (const parameter of parameters) {
    const share = of(parameter)
    share?.precision.forEach((f, i) => {
      sum += f * ((parameter.data[i] as number) - (share.anchor[i] as number)) ** 2
    })
  }
  return (lambda / 2) * sum
}

// below, at and above a vector's, and above a block of 4,096
const LENGTHS = [1, 16, 37, 5000]

export interface Race {
  /** the largest difference between a weight and its float64 reference at the end */
  readonly difference: number
  /** the largest relative difference between a returned penalty and float64 */
  readonly penalty: number
  /** the largest weight of the reference */
  readonly most: number
}

/** An optimizer and its reference on the same random gradients in [-1, 1) and, unless lambda is 0, the same penalty. */
export function race(optimizer: Optimizer, reference: (descent: Descent) => void, lambda: number, steps: number): Race {
  const random = Random.from(1)
  const parameters = LENGTHS.map((length) => parameterOf(`p${length}`, length, random))
  const shares = new Map(parameters.map((parameter) => [parameter, anchoredAt(parameter, random)]))
  const quadratic = lambda > 0 ? quadraticOf(lambda, shares, 0.25) : null
  const gradients = new Map(
    parameters.map((parameter) => [parameter, Array.from({ length: steps }, () => numbers(parameter.size, random))]),
  )
  const expected = parameters.map((parameter) => {
    const theta = Float64Array.from(parameter.data)
    const pull = quadratic ? pullOf(lambda, shares.get(parameter) as Anchored) : free
    reference({ theta, gradients: gradients.get(parameter) as Float32Array[], pull })
    return theta
  })
  let penalty = 0
  for (let step = 0; step < steps; step++) {
    for (const [parameter, rows] of gradients) parameter.gradient.set(rows[step] as Float32Array)
    const value = quadratic ? penaltyIn64(quadratic, parameters) : 0
    const returned = optimizer.step(parameters, { quadratic })
    penalty = Math.max(
      penalty,
      worst([returned], [value], () => value),
    )
  }
  const differences = parameters.map(({ data }, p) => worst(data, expected[p] as Float64Array, () => 1))
  return { difference: Math.max(...differences), penalty, most: Math.max(...expected.map(largest)) }
}

export const weights = (): Parameter => parameterOf('p', 40, Random.from(3))

/** The bits after some steps, always on the same gradients. */
export function run(
  optimizer: Optimizer,
  parameter: Parameter = weights(),
  options: Parameters<Optimizer['step']>[1] = {},
  steps = 5,
): string {
  const random = Random.from(4)
  for (let i = 0; i < steps; i++) {
    parameter.gradient.set(numbers(parameter.size, random))
    optimizer.step([parameter], options)
  }
  return hashOf([parameter.data])
}
