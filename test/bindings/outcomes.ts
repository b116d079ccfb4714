import fc from 'fast-check'
import { PalimpsestError } from '../../bindings/errors.ts'
import type { Native } from '../../bindings/native.ts'
import type { Numbers } from '../numbers.ts'
import { type Call, leastOf, type Sizes, sizesOf } from './arguments.ts'
import { NAMES } from './calls.ts'

// fmaPeak is a measurement: each table runs as many chains as it has registers for; toBoundary and largePages tell of addresses
const AROUND = [
  'tables',
  'currentTable',
  'selectTable',
  'threads',
  'setThreads',
  'setDefaultThreads',
  'forkJoins',
  'fmaPeak',
  'toBoundary',
  'largePages',
]
export const COMPUTING = NAMES.filter((name) => !AROUND.includes(name))

export type Outcome = { readonly result: unknown; readonly arrays: readonly Numbers[] }

/** what one table of an addon makes of copies of the arguments: the result or the refusal, and all memory */
export function outcome(native: Native, table: string, name: keyof Native, args: readonly unknown[]): Outcome {
  const own = args.map((arg) => (ArrayBuffer.isView(arg) ? (arg as Numbers).slice() : arg))
  native.selectTable(table)
  const call = native[name] as (...args: unknown[]) => unknown
  let result: unknown
  try {
    result = call(...own)
  } catch (error) {
    if (!(error instanceof PalimpsestError)) throw error
    result = `${error.code} ${error.message}`
  }
  return { result, arrays: own.filter((arg): arg is Numbers => ArrayBuffer.isView(arg)) }
}

// every remainder by 4, 8 and 16; for whole arrays also past the block of 4,096 that long sums are cut into
const short = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 37 }) }, fc.integer({ min: 1, max: 150 }))
const long = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 70 }) }, fc.integer({ min: 4090, max: 8300 }))

export function sizes(call: Call): fc.Arbitrary<Sizes> {
  const names = sizesOf(call)
  const matrices = call.takes.some((taken) => taken.kind === 'array' && taken.length.length > 1)
  return fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        (name === 'n' && names.length === 1 && !matrices ? long : short).map((size) =>
          Math.max(size, leastOf(call, name)),
        ),
      ]),
    ),
  )
}
