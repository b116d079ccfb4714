import { expect } from 'vitest'
import { type ErrorCode, PalimpsestError } from '../../bindings/errors.ts'
import { type Native, native } from '../../bindings/native.ts'
import { type Numbers, sameBits, uniform } from '../numbers.ts'
import { type ArrayArgument, draw, type Sizes } from './arguments.ts'
import { CALLS } from './calls.ts'

// different, so that no length fits by chance
export const SIZES: Sizes = {
  m: 3,
  n: 5,
  k: 7,
  rows: 4,
  columns: 6,
  classes: 3,
  features: 2,
  images: 9,
  inputs: 10,
  hidden: 8,
  outputs: 11,
  iterations: 2,
  count: 2,
}

export const accepted = (name: keyof Native): Map<string, unknown> => draw(CALLS[name], SIZES, 1, uniform)

export const arraysOf = (name: keyof Native): ArrayArgument[] =>
  CALLS[name].takes.filter((taken): taken is ArrayArgument => taken.kind === 'array')

export function call(name: keyof Native, args: ReadonlyMap<string, unknown>): unknown {
  return (native[name] as (...args: unknown[]) => unknown)(...args.values())
}

const isLive = (arg: unknown): arg is Numbers =>
  ArrayBuffer.isView(arg) && arg.byteLength > 0 && !(arg instanceof DataView)

/** The call must end in a PalimpsestError of this code, its message naming `about`, and leave all memory as it was. */
export function refused(
  name: keyof Native,
  args: ReadonlyMap<string, unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  about: string,
): void {
  const arrays = [...args.values()].filter(isLive)
  const before = arrays.map((array) => array.slice())
  let thrown: unknown = `nothing was thrown: ${name}, ${about}`
  try {
    call(name, args)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(PalimpsestError)
  const { code, message } = thrown as PalimpsestError
  expect([codes].flat(), message).toContain(code)
  expect(message).toContain(name)
  expect(message).toContain(about)
  arrays.forEach((array, index) => {
    expect(sameBits(array, before[index]), `${name}, ${about}: a refused call changed memory`).toBe(true)
  })
}
