import { expect, test } from 'vitest'
import { scale, Tape } from '../../src/autograd.ts'
import { refusal } from '../refusal.ts'

test.each([NaN, Infinity, -Infinity, 1e39])('scale by %d is refused', (factor) => {
  const tape = new Tape()
  const { message } = refusal('INVALID_ARGUMENT', () =>
    tape.step(() => scale(tape.input(Float32Array.of(1), [1]), factor)),
  )
  expect(message).toContain(`factor is ${factor}`)
})
