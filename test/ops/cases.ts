import {
  add,
  columns,
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
import * as oracle from '../oracle.ts'
import { batchNormEvaluation, batchNormTraining } from './batch-norm-cases.ts'
import { type Case, chain } from './case.ts'

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
  columns: [
    {
      title: '',
      make({ size, floats }) {
        const [batch, left, shown, right] = [size(), size() - 1, size(), size() - 1]
        const width = left + shown + right
        return {
          inputs: [{ shape: [batch, width], values: floats(batch * width) }],
          run: (x) => columns(x as Tensor<Matrix>, left, left + shown),
          oracle: (x) => oracle.columns(width, left, left + shown, x!),
          outputBound: 0,
          gradientBounds: [0],
        }
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
