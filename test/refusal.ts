import { expect } from 'vitest'
import { type ErrorCode, PalimpsestError } from '../bindings/errors.ts'

/** Runs what must be refused with this code, and nothing else; returns the error. */
export function refusal(code: ErrorCode, run: () => unknown): PalimpsestError {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(PalimpsestError)
  const error = thrown as PalimpsestError
  expect(error.code, error.message).toBe(code)
  expect(error.message).not.toBe('')
  return error
}
