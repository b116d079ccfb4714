import fc from 'fast-check'
import {
  add,
  batchNorm,
  linear,
  logSoftmax,
  type Matrix,
  matmul,
  mean,
  mul,
  type OpName,
  relu,
  scale,
  softmaxCrossEntropy,
  square,
  sub,
  sum,
  type Tensor,
  type Vector,
} from '../../src/autograd.ts'
import type { Instance } from '../gradcheck.ts'
import { between, stream, uniform } from '../numbers.ts'
import * as oracle from '../oracle.ts'

/** Random sizes and numbers. */
export interface Draw {
  /** from 1 (or `least`) to the largest asked for */
  size(least?: number): number
  /** in [-2, 2], or what is asked for */
  floats(length: number, low?: number, high?: number): Float32Array
  number(low: number, high: number): number
}

/** How an operation is called, and with what. */
export interface Case {
  readonly title: string
  readonly make: (draw: Draw) => Instance
}

/** instances with sizes up to `largest` */
export const instances = ({ make }: Case, largest: number): fc.Arbitrary<Instance> =>
  fc.gen().map((g) => {
    const next = stream(g(fc.integer))
    return make({
      size: (least = 1) => g(fc.integer, { min: least, max: Math.max(least, largest) }),
      floats: (length, low, high) => uniform(next, length, low, high),
      number: (low, high) => between(next, low, high),
    })
  })

/**
 * Sums of n products of at most `largest`, each rounded once: n U times the sum of the terms' sizes (Higham 2002,
 * Accuracy and Stability of Numerical Algorithms, section 3.1).
 */
const chain = (n: number, largest: number): number => n * n * largest

const elementwise = (
  title: string,
  run: (...inputs: Tensor[]) => Tensor,
  expected: Instance['oracle'],
  [outputBound, ...gradientBounds]: readonly [number, ...number[]],
): Case => ({
  title,
  make({ size, floats }) {
    const shape = [size(), size(), size()].slice(0, size() % 4)
    const length = shape.reduce((a, b) => a * b, 1)
    const inputs = gradientBounds.map(() => ({ shape, values: floats(length) }))
    return { inputs, run, oracle: expected, outputBound, gradientBounds }
  },
})

const linearCase = (title: string, options: { readonly relu?: boolean } | undefined): Case => ({
  title,
  make({ size, floats }) {
    const [batch, inputs, outputs] = [size(), size(), size()]
    const [x, weight, bias] = [floats(batch * inputs), floats(outputs * inputs), floats(outputs)]
    const sizes = [batch, inputs, outputs] as const
    const affine = (...of: oracle.Numbers64[]) =>
      oracle.linear(sizes, ...(of as [Float64Array, Float64Array, Float64Array]))
    // away from the kink, where a difference quotient means nothing: a bias moves units that are near it
    const kinked = affine(...[x, weight, bias].map((values) => Float64Array.from(values)))
    kinked.forEach((value, i) => {
      if (Math.abs(value) < 1e-3) bias[i % outputs] = 2 * inputs * 4 + 4
    })
    const largest = bias.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    return {
      inputs: [
        { shape: [batch, inputs], values: x },
        { shape: [outputs, inputs], values: weight },
        { shape: [outputs], values: bias },
      ],
      run: (a, w, b) => linear(a as Tensor<Matrix>, w as Tensor<Matrix>, b as Tensor<Vector>, options),
      oracle: (...of) => (options?.relu ? oracle.relu(affine(...of)) : affine(...of)),
      outputBound: (inputs + 1) * (4 * inputs + largest),
      gradientBounds: [chain(outputs, 2), chain(batch, 2), chain(batch, 1)],
    }
  },
})

const layer = ({ size, floats }: Draw, leastRows: number) => {
  const [batch, features] = [size(leastRows), size()]
  // rows apart from each other, so that no variance is near 0
  const ramp = (row: number) => (batch > 1 ? (2 * row) / (batch - 1) - 1 : 0)
  const x = floats(batch * features, -0.5, 0.5).map((value, i) => value + ramp(Math.floor(i / features)))
  const [gamma, beta] = [floats(features), floats(features)]
  const inputs = [
    { shape: [batch, features], values: x },
    { shape: [features], values: gamma },
    { shape: [features], values: beta },
  ]
  return { batch, features, x: Float64Array.from(x), inputs }
}

const inverseDeviation = (variance: ArrayLike<number>, epsilon: number) =>
  1 / Math.sqrt(Math.min(...Array.from(variance)) + epsilon)

/** x - mean is at most 4, 1 / deviation at most r, gamma and beta at most 2 */
const batchNormEvaluation: Case = {
  title: 'in evaluation',
  make(draw) {
    const { batch, features, inputs } = layer(draw, 1)
    const running = { mean: draw.floats(features), variance: draw.floats(features, 0.25, 2) }
    const epsilon = draw.number(1e-5, 0.5)
    const r = inverseDeviation(running.variance, epsilon)
    const options = { mode: 'evaluation', epsilon, momentum: 0.1 } as const
    return {
      inputs,
      run: (x, gamma, beta) =>
        batchNorm(x as Tensor<Matrix>, gamma as Tensor<Vector>, beta as Tensor<Vector>, running, options),
      oracle: (x, gamma, beta) => oracle.batchNorm(x!, gamma!, beta!, running, epsilon),
      // the inverse deviation carries 4 U (epsilon, sum, root, quotient), the slope 5, the product 7
      outputBound: 8 * r * 7 + 2,
      gradientBounds: [2 * r * 6, (batch + 7) * batch * 4 * r, chain(batch, 1)],
    }
  },
}

const batchNormTraining: Case = {
  title: 'in training',
  make(draw) {
    const { batch, features, x, inputs } = layer(draw, 2)
    const epsilon = draw.number(1e-5, 0.5)
    const r = inverseDeviation(oracle.columnMoments(batch, features, x).variance, epsilon)
    const h = Math.min(4 * r, Math.sqrt(batch))
    // to first order: the mean is off by 2 B + 2, the variance by 16 B + 32, 1 / deviation relatively by
    const inverse = (8 * batch + 16) * r * r + 4
    const xHat = 4 * r * (inverse + 2) + r * (2 * batch + 6)
    const projection = xHat + (batch + 3) * h
    const inner = batch + 1 + h * projection + xHat + 4 * (2 + h)
    const fresh = () => ({ mean: new Float32Array(features), variance: new Float32Array(features) })
    const options = { mode: 'training', epsilon, momentum: 0.1 } as const
    return {
      inputs,
      run: (a, gamma, beta) =>
        batchNorm(a as Tensor<Matrix>, gamma as Tensor<Vector>, beta as Tensor<Vector>, fresh(), options),
      oracle: (a, gamma, beta) =>
        oracle.batchNorm(a!, gamma!, beta!, oracle.columnMoments(batch, features, a!), epsilon),
      outputBound: 2 * xHat + 26 * r + 4,
      gradientBounds: [2 * r * (inner + (2 + h) * (inverse + 2)), batch * projection, chain(batch, 1)],
    }
  },
}

const reduction = (
  title: string,
  run: (x: Tensor) => Tensor,
  expected: Instance['oracle'],
  outputBound: (n: number) => number,
): Case => ({
  title,
  make({ size, floats }) {
    const shape = [size(), size()]
    const n = shape.reduce((a, b) => a * b, 1)
    const inputs = [{ shape, values: floats(n) }]
    return { inputs, run: (x) => run(x!), oracle: expected, outputBound: outputBound(n), gradientBounds: [1] }
  },
})

/** Every operation in every way it can be called; the compiler refuses one that is missing. Inputs lie in [-2, 2]. */
export const CASES: Readonly<Record<OpName, readonly [Case, ...Case[]]>> = {
  matmul: [
    {
      title: '',
      make({ size, floats }) {
        const [m, k, n] = [size(), size(), size()]
        return {
          inputs: [
            { shape: [m, k], values: floats(m * k) },
            { shape: [k, n], values: floats(k * n) },
          ],
          run: (a, b) => matmul(a as Tensor<Matrix>, b as Tensor<Matrix>),
          oracle: (a, b) => oracle.matmul(m, k, n, a!, b!),
          outputBound: chain(k, 4),
          gradientBounds: [chain(n, 2), chain(m, 2)],
        }
      },
    },
  ],
  linear: [linearCase('alone', undefined), linearCase('with ReLU', { relu: true })],
  add: [
    elementwise(
      'of one shape',
      (a, b) => add(a!, b!),
      (a, b) => oracle.add(a!, b!),
      [4, 0, 0],
    ),
    {
      title: 'of a bias to every row',
      make({ size, floats }) {
        const [batch, columns] = [size(), size()]
        return {
          inputs: [
            { shape: [batch, columns], values: floats(batch * columns) },
            { shape: [columns], values: floats(columns) },
          ],
          run: (a, b) => add(a as Tensor<Matrix>, b as Tensor<Vector>),
          oracle: (a, b) => oracle.addBias(a!, b!),
          outputBound: 4,
          gradientBounds: [0, chain(batch, 1)],
        }
      },
    },
  ],
  sub: [
    elementwise(
      '',
      (a, b) => sub(a!, b!),
      (a, b) => oracle.sub(a!, b!),
      [4, 0, 0],
    ),
  ],
  mul: [
    elementwise(
      '',
      (a, b) => mul(a!, b!),
      (a, b) => oracle.mul(a!, b!),
      [4, 2, 2],
    ),
  ],
  scale: [
    {
      title: '',
      make(draw) {
        const factor = draw.number(-2, 2)
        // the factor is rounded, too
        return elementwise(
          '',
          (x) => scale(x!, factor),
          (x) => oracle.scale(x!, factor),
          [8, 4],
        ).make(draw)
      },
    },
  ],
  square: [
    elementwise(
      '',
      (x) => square(x!),
      (x) => oracle.square(x!),
      [4, 4],
    ),
  ],
  relu: [
    {
      title: '',
      make(draw) {
        const instance = elementwise(
          '',
          (x) => relu(x!),
          (x) => oracle.relu(x!),
          [0, 0],
        ).make(draw)
        // away from the kink
        const inputs = instance.inputs.map(({ shape, values }) => ({
          shape,
          values: values.map((value) => (Math.abs(value) < 1e-3 ? 1 : value)),
        }))
        return { ...instance, inputs }
      },
    },
  ],
  sum: [
    reduction(
      '',
      sum,
      (x) => oracle.sum(x!),
      (n) => chain(n, 2),
    ),
  ],
  mean: [
    reduction(
      '',
      mean,
      (x) => oracle.mean(x!),
      (n) => 2 * n + 2,
    ),
  ],
  batchNorm: [batchNormTraining, batchNormEvaluation],
  logSoftmax: [
    {
      title: '',
      make({ size, floats }) {
        const [batch, classes] = [size(), size()]
        return {
          inputs: [{ shape: [batch, classes], values: floats(batch * classes) }],
          run: (x) => logSoftmax(x as Tensor<Matrix>),
          oracle: (x) => oracle.logSoftmax(batch, classes, x!),
          // x - largest 4, exp 2.2 and as much again from its argument, the sum C, log 2.2 |log|, two differences of 8
          outputBound: classes + 32,
          // exp(log p) is off by (C + 35), times a sum of at most C, which is itself off by C
          gradientBounds: [classes * (2 * classes + 37) + 1],
        }
      },
    },
  ],
  softmaxCrossEntropy: [
    {
      title: '',
      make({ size, floats, number }) {
        const [batch, classes] = [size(), size()]
        const labels = Uint8Array.from({ length: batch }, () => Math.min(classes - 1, Math.floor(number(0, classes))))
        return {
          inputs: [{ shape: [batch, classes], values: floats(batch * classes) }],
          run: (x) => softmaxCrossEntropy(x as Tensor<Matrix>, labels),
          oracle: (x) => oracle.softmaxCrossEntropy(classes, x!, labels),
          // a row as in logSoftmax; their sum, of terms of at most 4 + log C < 8
          outputBound: classes + 32 + 8 * (batch + 1),
          gradientBounds: [classes + 16],
        }
      },
    },
  ],
}

export const EVERY = Object.entries(CASES).flatMap(([name, cases]) =>
  cases.map((one) => [`${name} ${one.title}`.trim(), name as OpName, one] as const),
)
