import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { PalimpsestError } from '../../bindings/errors.ts'
import { type Native, native } from '../../bindings/native.ts'
import { type Numbers, sameBits, special, uniform } from '../numbers.ts'
import { type Call, draw, leastOf, type Sizes, sizesOf } from './arguments.ts'
import { CALLS, NAMES } from './calls.ts'

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
const COMPUTING = NAMES.filter((name) => !AROUND.includes(name))

const TABLES = native.tables()
const first = native.currentTable()
afterEach(() => native.selectTable(TABLES[first] as string))

type Outcome = { readonly result: unknown; readonly arrays: readonly Numbers[] }

/** what one table makes of copies of the arguments: the result or the refusal, and all memory */
function outcome(table: string, name: keyof Native, args: readonly unknown[]): Outcome {
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

function sizes(call: Call): fc.Arbitrary<Sizes> {
  const names = sizesOf(call)
  return fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        (name === 'n' && names.length === 1 ? long : short).map((size) => Math.max(size, leastOf(call, name))),
      ]),
    ),
  )
}

test('this processor runs more than one table', () => {
  expect(TABLES[0]).toBe('portable')
  expect(new Set(TABLES).size).toBe(TABLES.length)
})

describe.each(COMPUTING)('%s gives the bits of the portable table', (name) => {
  const call = CALLS[name]
  test.each([
    ['finite numbers', uniform],
    ['infinities, NaN, denormals, signed zeros', special],
  ] as const)('on %s', (_, floats) => {
    const variants = call.variants ?? [{}]
    fc.assert(
      fc.property(sizes(call), fc.integer(), fc.constantFrom(...variants), (sizes, seed, variant) => {
        const args = draw(call, sizes, seed, floats)
        for (const [argument, value] of Object.entries(variant)) args.set(argument, value)
        const [expected, ...others] = TABLES.map((table) => outcome(table, name, [...args.values()]))
        for (const { result, arrays } of others) {
          expect(result).toBe(expected?.result)
          arrays.forEach((array, index) => {
            if (!sameBits(array, expected?.arrays[index])) expect(array).toEqual(expected?.arrays[index])
          })
        }
      }),
      { numRuns: 100 },
    )
  })
})
