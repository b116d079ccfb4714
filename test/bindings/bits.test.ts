import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { sameBits, special, uniform } from '../numbers.ts'
import { draw } from './arguments.ts'
import { CALLS } from './calls.ts'
import { COMPUTING, outcome, sizes } from './outcomes.ts'

const TABLES = native.tables()
const first = native.currentTable()
afterEach(() => native.selectTable(TABLES[first] as string))

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
        const [expected, ...others] = TABLES.map((table) => outcome(native, table, name, [...args.values()]))
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
