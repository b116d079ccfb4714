import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import {
  add,
  batchNorm,
  columns,
  linear,
  logSoftmax,
  type Matrix,
  matmul,
  mean,
  mul,
  Parameter,
  relu,
  type Scalar,
  scale,
  softmaxCrossEntropy,
  square,
  sub,
  sum,
  Tape,
  type Tensor,
} from '../../src/autograd.ts'
import { refusal } from '../refusal.ts'

const floats = (length: number) => Float32Array.from({ length }, (_, i) => (i % 3) - 0.5)

const make = () => ({
  square: new Parameter('square', [2, 2] as const, floats(4)),
  bias: new Parameter('bias', [2] as const, floats(2)),
})
type Parameters = ReturnType<typeof make>

/** the graph on two samples of two numbers must be refused, by an error about `about`, with all totals as they were */
function refused(
  code: ErrorCode,
  about: string,
  run: (x: Tensor<readonly [2, 2]>, parameters: Parameters, tape: Tape) => Tensor,
): void {
  const tape = new Tape()
  const parameters = make()
  const totals = new Map(
    Object.values(parameters).map((parameter) => [parameter as Parameter, new Float64Array(parameter.size).fill(3)]),
  )
  const { message } = refusal(code, () =>
    tape.step(() => {
      const output = run(tape.input(floats(4), [2, 2]), parameters, tape)
      tape.backwardSquared(output, [floats(output.size)], totals)
    }),
  )
  expect(message).toContain(about)
  for (const total of totals.values()) expect(total).toEqual(new Float64Array(total.length).fill(3))
}

const running = { mean: new Float32Array(2), variance: new Float32Array(2).fill(1) }
const training = { mode: 'training', epsilon: 1e-5, momentum: 0 } as const

describe('an operation that mixes samples', () => {
  const layer = (x: Tensor<Matrix>, { square, bias }: Parameters) => linear(x, square as Parameter<Matrix>, bias)
  test('sum', () => refused('NO_SQUARED_GRADIENT', 'sum', (x, p) => sum(layer(x, p))))
  test('mean', () => refused('NO_SQUARED_GRADIENT', 'mean', (x, p) => mean(layer(x, p))))
  test('softmaxCrossEntropy', () =>
    refused('NO_SQUARED_GRADIENT', 'softmaxCrossEntropy', (x, p) =>
      softmaxCrossEntropy(layer(x, p), Uint8Array.of(0, 1)),
    ))
  test('batchNorm in training, below a layer', () =>
    refused('NO_SQUARED_GRADIENT', 'batchNorm', (x, p, tape) => {
      const ones = tape.input(Float32Array.of(1, 1), [2])
      return batchNorm(layer(x, p), ones, ones, running, training)
    }))
  test('batchNorm in training, with parameters of its own', () =>
    refused('NO_SQUARED_GRADIENT', 'batchNorm', (x, { bias }, tape) =>
      batchNorm(x, bias, tape.input(Float32Array.of(1, 1), [2]), running, training),
    ))

  test('is no matter above the output, beside it, or below every parameter', () => {
    const tape = new Tape()
    const { square, bias } = make()
    const totals = new Map([[square as Parameter, new Float64Array(4)]])
    tape.step(() => {
      const x = tape.input(floats(4), [2, 2])
      const ones = tape.input(Float32Array.of(1, 1), [2])
      const output = linear(batchNorm(x, ones, ones, running, training), square, bias)
      sum(output)
      mean(x)
      tape.backwardSquared(output, [floats(4)], totals)
    })
    expect(totals.get(square)?.some((value) => value > 0)).toBe(true)
  })
})

describe('a parameter used twice', () => {
  test('as two weights', () =>
    refused('PARAMETER_REUSED', "'square'", (x, { square }) => matmul(matmul(x, square), square)))
  test('as two biases', () => refused('PARAMETER_REUSED', "'bias'", (x, { bias }) => add(add(x, bias), bias)))
  test('twice by one operation', () =>
    refused('PARAMETER_REUSED', "'bias'", (x, { bias }) =>
      batchNorm(x, bias, bias, running, { ...training, mode: 'evaluation' }),
    ))
  test('watched twice', () =>
    refused('PARAMETER_REUSED', "'bias'", (x, { bias }, tape) => add(add(x, tape.watch(bias)), tape.watch(bias))))

  test('is no matter when its squares are not asked for', () => {
    const tape = new Tape()
    const { square, bias } = make()
    const totals = new Map([[bias as Parameter, new Float64Array(2)]])
    tape.step(() => {
      const output = add(matmul(matmul(tape.input(floats(4), [2, 2]), square), square), bias)
      tape.backwardSquared(output, [Float32Array.of(1, 2, 3, 4)], totals)
    })
    expect(totals.get(bias)).toEqual(Float64Array.of(1 + 9, 4 + 16))
  })
})

describe('a parameter in the place of samples', () => {
  type Use = (x: Tensor<readonly [2, 2]>, parameters: Parameters, tape: Tape) => Tensor
  const places: Readonly<Record<string, Use>> = {
    'matmul: left': (x, { square }) => matmul(square, x),
    'linear: x': (x, { square }, tape) => linear(square, x, tape.input(floats(2), [2])),
    'add: one shape': (x, { square }) => add(x, square),
    'sub: right': (x, { square }) => sub(x, square),
    'mul: left': (x, { square }) => mul(square, x),
    scale: (_, { square }, tape) => scale(tape.watch(square), 2),
    square: (_, { square: own }, tape) => square(tape.watch(own)),
    relu: (_, { square }, tape) => relu(tape.watch(square)),
    columns: (_, { square }, tape) => columns(tape.watch(square), 0, 1),
    logSoftmax: (_, { square }, tape) => logSoftmax(tape.watch(square)),
    'batchNorm: x': (_, { square }, tape) => {
      const ones = tape.input(Float32Array.of(1, 1), [2])
      return batchNorm(square, ones, ones, running, { ...training, mode: 'evaluation' })
    },
  }
  test.each(Object.entries(places))('%s', (name, use) => refused('NO_SQUARED_GRADIENT', name.split(':')[0]!, use))
})

describe('a shared input that is computed from a parameter', () => {
  const evaluation = { ...training, mode: 'evaluation' } as const
  test('matmul: right', () =>
    refused('NO_SQUARED_GRADIENT', 'matmul', (x, { square }, tape) => matmul(x, scale(tape.watch(square), 2))))
  test('linear: weight', () =>
    refused('NO_SQUARED_GRADIENT', 'linear', (x, { square, bias }) => linear(x, mul(square, x), bias)))
  test('linear: bias', () =>
    refused('NO_SQUARED_GRADIENT', 'linear', (x, { square, bias }, tape) =>
      linear(x, square, scale(tape.watch(bias), 2)),
    ))
  test('add: bias', () =>
    refused('NO_SQUARED_GRADIENT', 'add', (x, { bias }, tape) => add(x, scale(tape.watch(bias), 2))))
  test('batchNorm: gamma', () =>
    refused('NO_SQUARED_GRADIENT', 'batchNorm', (x, { bias }, tape) =>
      batchNorm(x, scale(tape.watch(bias), 2), tape.input(floats(2), [2]), running, evaluation),
    ))
})

test('a seed of another length', () => {
  const tape = new Tape()
  const { square } = make()
  const totals = new Map([[square as Parameter, new Float64Array(4)]])
  const run = (seed: Float32Array) =>
    tape.step(() => tape.backwardSquared(matmul(tape.input(floats(4), [2, 2]), square), [seed], totals))
  expect(refusal('LENGTH', () => run(floats(3))).message).toContain('a seed has 3 numbers, expected 4')
})

test('an output of another tape, of none, or of a step that has ended', () => {
  const [tape, other] = [new Tape(), new Tape()]
  const output = tape.step(() => sum(tape.input(floats(4), [2, 2])))
  refusal('TENSOR_RELEASED', () => tape.step(() => tape.backwardSquared(output, [], new Map())))
  tape.step(() => {
    const mine: Tensor<Scalar> = sum(tape.input(floats(4), [2, 2]))
    other.step(() => {
      refusal('TAPE_MISUSE', () => other.backwardSquared(mine, [], new Map()))
      refusal('TAPE_MISUSE', () => other.backwardSquared(make().bias, [], new Map()))
    })
  })
})
