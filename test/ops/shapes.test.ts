import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  batchNorm,
  linear,
  logSoftmax,
  type Matrix,
  matmul,
  mul,
  type OpName,
  type Shape,
  softmaxCrossEntropy,
  sub,
  Tape,
  type Tensor,
  type Vector,
} from '../../src/autograd.ts'
import { refusal } from '../refusal.ts'

const axis = fc.integer({ min: 1, max: 9 })
const matrix = fc.tuple(axis, axis)
const vector = fc.tuple(axis)
const shape = fc.array(axis, { maxLength: 3 })

type Make = (shape: Shape) => Tensor

/** the shapes that an operation is given, whether they fit, and the two that a refusal must name */
interface Mismatch {
  readonly shapes: fc.Arbitrary<readonly Shape[]>
  readonly fits: (...shapes: readonly (readonly number[])[]) => boolean
  readonly call: (...inputs: Tensor[]) => unknown
}

const same = (a: readonly number[], b: readonly number[]) => String(a) === String(b)
const running = (features: number) => ({ mean: new Float32Array(features), variance: new Float32Array(features) })

const MISMATCHES: Readonly<Partial<Record<OpName, Mismatch>>> = {
  matmul: {
    shapes: fc.tuple(matrix, matrix),
    fits: (a, b) => a?.[1] === b?.[0],
    call: (a, b) => matmul(a as Tensor<Matrix>, b as Tensor<Matrix>),
  },
  linear: {
    shapes: fc.tuple(matrix, matrix, vector),
    fits: (x, weight, bias) => x?.[1] === weight?.[1] && weight?.[0] === bias?.[0],
    call: (x, weight, bias) => linear(x as Tensor<Matrix>, weight as Tensor<Matrix>, bias as Tensor<Vector>),
  },
  add: {
    shapes: fc.tuple(shape, shape),
    fits: (a, b) => same(a!, b!) || (a?.length === 2 && b?.length === 1 && a[1] === b[0]),
    call: (a, b) => add(a!, b!),
  },
  sub: { shapes: fc.tuple(shape, shape), fits: (a, b) => same(a!, b!), call: (a, b) => sub(a!, b!) },
  mul: { shapes: fc.tuple(shape, shape), fits: (a, b) => same(a!, b!), call: (a, b) => mul(a!, b!) },
  batchNorm: {
    shapes: fc.tuple(matrix, vector, vector),
    fits: (x, gamma, beta) => x?.[1] === gamma?.[0] && x?.[1] === beta?.[0],
    call: (x, gamma, beta) =>
      batchNorm(x as Tensor<Matrix>, gamma as Tensor<Vector>, beta as Tensor<Vector>, running(x!.shape[1]!), {
        mode: 'evaluation',
        epsilon: 1,
        momentum: 0,
      }),
  },
}

const named = (shape: Shape) => `[${shape.join(', ')}]`

describe.each(Object.entries(MISMATCHES))('%s', (name, { shapes, fits, call }) => {
  test('takes shapes that fit, and of others names two that do not', () => {
    const tape = new Tape()
    const seen = { fitting: 0, refused: 0 }
    fc.assert(
      fc.property(shapes, (given) => {
        tape.step(() => {
          const make: Make = (of) => tape.input(new Float32Array(of.reduce((a, b) => a * b, 1)), of)
          const inputs = given.map(make)
          if (fits(...given)) {
            call(...inputs)
            seen.fitting++
            return
          }
          const { message } = refusal('SHAPE', () => call(...inputs))
          expect(message).toContain(name)
          const pair = given.flatMap((a, i) => given.slice(i + 1).map((b) => [named(a), named(b)] as const))
          expect(pair.some(([a, b]) => message.includes(`shapes ${a} and ${b}`))).toBe(true)
          seen.refused++
        })
      }),
      { numRuns: 500 },
    )
    expect(Math.min(seen.fitting, seen.refused)).toBeGreaterThan(0)
  })
})

test('softmaxCrossEntropy takes a label a row, below the number of classes', () => {
  const tape = new Tape()
  const loss = (labels: Uint8Array) =>
    tape.step(() => softmaxCrossEntropy(tape.input(new Float32Array(6), [2, 3]), labels))
  expect(refusal('LENGTH', () => loss(new Uint8Array(3))).message).toContain('3 labels for 2 rows')
  expect(refusal('LABEL_OUT_OF_RANGE', () => loss(Uint8Array.of(0, 3))).message).toContain('labels[1] is 3')
})

test('tensors of a rank that the types refuse do not get past the run-time checks either', () => {
  const tape = new Tape()
  const given = (...shape: number[]) =>
    tape.input(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape) as unknown as Tensor<Matrix>
  for (const [code, run] of [
    ['SHAPE', () => matmul(given(2, 3), given(3))],
    ['SHAPE', () => matmul(given(3), given(3, 2))],
    ['SHAPE', () => linear(given(3), given(2, 3), given(2) as unknown as Tensor<Vector>)],
    ['LENGTH', () => matmul(given(2, 3, 4), given(3, 5))],
    ['INVALID_ARGUMENT', () => logSoftmax(given(3))],
    ['LENGTH', () => logSoftmax(given(3, 2, 2))],
    ['INVALID_ARGUMENT', () => softmaxCrossEntropy(given(3), Uint8Array.of(0, 0, 0))],
  ] as const)
    tape.step(() => refusal(code, run))
})
