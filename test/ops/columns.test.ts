import { expect, test } from 'vitest'
import { columns, type Matrix, Parameter, Tape, type Tensor } from '../../src/autograd.ts'
import { gradientsOf } from '../gradcheck.ts'
import { refusal } from '../refusal.ts'

const x = Float32Array.of(1, 2, 3, 4, 5, 6)

test('columns copies bits, NaN and -0 among them, and leaves the rest out', () => {
  const read = (from: number, to: number) =>
    new Tape().step((tape) => columns(tape.input(Float32Array.of(1, NaN, -0, 4, 5, 6), [2, 3]), from, to).read())
  expect(read(1, 3)).toEqual(Float32Array.of(NaN, -0, 5, 6))
  expect(read(0, 1)).toEqual(Float32Array.of(1, 4))
  expect(read(0, 3)).toEqual(Float32Array.of(1, NaN, -0, 4, 5, 6))
})

test('columns gives the gradient back to its columns, 0 to all others', () => {
  const run = (of: Tensor) => columns(of as Tensor<Matrix>, 1, 2)
  const instance = { inputs: [{ shape: [2, 3], values: x }], run, oracle: run as never, outputBound: 0 }
  const gradients = gradientsOf({ ...instance, gradientBounds: [0] }, Float32Array.of(7, NaN))
  expect(gradients).toEqual([Float32Array.of(0, 7, 0, 0, NaN, 0)])
})

test('columns refuses a range that is not within, and what is no matrix', () => {
  const tape = new Tape()
  const weight = new Parameter('weight', [2, 3], x)
  tape.step(() => {
    for (const [from, to] of [
      [-1, 2],
      [1, 1],
      [2, 1],
      [0, 4],
      [0.5, 2],
      [0, 1.5],
      [NaN, 2],
      [0, NaN],
    ] as const) {
      const { message } = refusal('INVALID_ARGUMENT', () => columns(tape.watch(weight), from, to))
      expect(message).toContain(`${from} to ${to}`)
    }
    for (const shape of [[6], [1, 2, 3]])
      refusal('SHAPE', () => columns(tape.input(x, shape) as unknown as Tensor<Matrix>, 0, 1))
  })
})
