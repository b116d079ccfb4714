import {
  add,
  batchNorm,
  columns,
  linear,
  logSoftmax,
  type Matrix,
  matmul,
  mul,
  type OpName,
  Parameter,
  relu,
  type Shape,
  scale,
  square,
  sub,
  type Tape,
  type Tensor,
} from '../../src/autograd.ts'
import { stream, uniform } from '../numbers.ts'

/** A graph whose rows are samples: a linear layer, an operation, a linear layer. */
export interface Graph {
  readonly batch: number
  readonly outputs: number
  readonly parameters: readonly Parameter[]
  /** the output of the samples `from` to `to` (`to` itself excluded) */
  forward(tape: Tape, from: number, to: number): Tensor<Matrix>
}

interface Making {
  readonly width: number
  parameter<const S extends Shape>(shape: S, low?: number, high?: number): Parameter<S>
  floats(length: number, low?: number, high?: number): Float32Array
  /** numbers of the samples that are asked for, as a tensor [samples, width] */
  constant(): (tape: Tape, from: number, to: number) => Tensor<Matrix>
}

type Middle = (hidden: Tensor<Matrix>, tape: Tape, from: number, to: number) => Tensor<Matrix>

const linearMiddle =
  (options: { readonly relu: boolean }) =>
  ({ width, parameter }: Making): Middle => {
    const [weight, bias] = [parameter([width, width]), parameter([width])]
    return (hidden) => linear(hidden, weight, bias, options)
  }

/**
 * Operations between the layers: those with parameters of their own, and those that the gradient of a sample goes
 * through. 'mixes' has no such gradient at all. The compiler refuses an operation that is missing.
 */
export const MIDDLES: Readonly<Record<OpName, 'mixes' | readonly ((making: Making) => Middle)[]>> = {
  matmul: [
    ({ width, parameter }) => {
      const right = parameter([width, width])
      return (hidden) => matmul(hidden, right)
    },
  ],
  linear: [linearMiddle({ relu: false }), linearMiddle({ relu: true })],
  add: [
    ({ width, parameter }) => {
      const bias = parameter([width])
      return (hidden) => add(hidden, bias)
    },
    ({ constant }) => {
      const other = constant()
      return (hidden, tape, from, to) => add(hidden, other(tape, from, to))
    },
  ],
  sub: [
    ({ constant }) => {
      const other = constant()
      return (hidden, tape, from, to) => sub(hidden, other(tape, from, to))
    },
  ],
  mul: [
    ({ constant }) => {
      const other = constant()
      return (hidden, tape, from, to) => mul(hidden, other(tape, from, to))
    },
  ],
  scale: [() => (hidden) => scale(hidden, -0.7)],
  square: [() => square],
  relu: [() => relu],
  logSoftmax: [() => logSoftmax],
  columns: [
    ({ width, parameter }) => {
      const [weight, bias] = [parameter([width + 3, width]), parameter([width + 3])]
      return (hidden) => columns(linear(hidden, weight, bias), 1, width + 1)
    },
  ],
  batchNorm: [
    ({ width, parameter, floats }) => {
      const [gamma, beta] = [parameter([width]), parameter([width])]
      const running = { mean: floats(width), variance: floats(width, 0.25, 2) }
      const options = { mode: 'evaluation', epsilon: 1e-5, momentum: 0.1 } as const
      return (hidden) => batchNorm(hidden, gamma, beta, running, options)
    },
  ],
  sum: 'mixes',
  mean: 'mixes',
  softmaxCrossEntropy: 'mixes',
}

export interface Sizes {
  readonly batch: number
  readonly inputs: number
  readonly width: number
  readonly outputs: number
}

export function graph(make: (making: Making) => Middle, { batch, inputs, width, outputs }: Sizes, seed: number): Graph {
  const next = stream(seed)
  const parameters: Parameter[] = []
  const floats: Making['floats'] = (length, low, high) => uniform(next, length, low, high)
  const parameter: Making['parameter'] = (shape, low, high) => {
    const length = shape.reduce((a, b) => a * b, 1)
    const made = new Parameter(`p${parameters.length}`, shape, floats(length, low, high))
    parameters.push(made)
    return made
  }
  const rows = (width: number) => {
    const all = floats(batch * width)
    return (tape: Tape, from: number, to: number): Tensor<Matrix> =>
      tape.input(all.slice(from * width, to * width), [to - from, width])
  }
  const x = rows(inputs)
  const [w1, b1] = [parameter([width, inputs]), parameter([width])]
  const middle = make({ width, parameter, floats, constant: () => rows(width) })
  const [w2, b2] = [parameter([outputs, width]), parameter([outputs])]
  return {
    batch,
    outputs,
    parameters,
    forward: (tape, from, to) => linear(middle(linear(x(tape, from, to), w1, b1), tape, from, to), w2, b2),
  }
}
