import { describe, expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import type { Argument } from './arguments.ts'
import { CALLS, NAMES } from './calls.ts'
import { accepted, call, refused } from './refused.ts'

const each = <K extends Argument['kind']>(kind: K) =>
  NAMES.flatMap((name) =>
    CALLS[name].takes
      .filter((taken): taken is Extract<Argument, { kind: K }> => taken.kind === kind)
      .map((taken) => [name, taken] as const),
  )

const NOT_NUMBERS = ['1', '', undefined, null, true, 1n, [1], { valueOf: () => 1 }, new Date(1), Symbol.iterator]

test.each(each('size'))(
  '%s: a size that is no whole number from its least to 2^31 - 1',
  (name, { name: argument, least }) => {
    const wrong = [
      ...(least > 0 ? [0, -0, least - 1] : []),
      -1,
      1.5,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      2 ** 53,
      5e-324,
    ]
    for (const value of [...wrong, ...NOT_NUMBERS])
      refused(name, accepted(name).set(argument, value), 'INVALID_ARGUMENT', argument)
  },
)

const FREE = ['fmaPeak', 'setThreads', 'setDefaultThreads']
const HELD_TO_LENGTHS = each('size').filter(([name, { below }]) => below === undefined && !FREE.includes(name))

test.each(HELD_TO_LENGTHS)('%s: a size other than the lengths say', (name, { name: argument }) => {
  for (const value of [1000, 2 ** 31 - 1]) refused(name, accepted(name).set(argument, value), 'LENGTH', '')
})

test.each(each('number'))('%s: no number, or one outside its range', (name, { name: argument, bad }) => {
  for (const value of [...bad, ...NOT_NUMBERS])
    refused(name, accepted(name).set(argument, value), 'INVALID_ARGUMENT', argument)
})

test.each(each('flag'))('%s: a flag that is no boolean', (name, { name: argument }) => {
  for (const value of [0, 1, 'true', undefined, null, {}])
    refused(name, accepted(name).set(argument, value), 'INVALID_ARGUMENT', argument)
})

test.each(NAMES)('%s: too few arguments', (name) => {
  const all = [...accepted(name)]
  const { variadic } = CALLS[name]
  for (let kept = 0; kept < all.length; kept++) {
    const missing = variadic ? '' : (all[kept]?.[0] ?? '')
    refused(
      name,
      new Map(all.slice(0, kept)),
      ['INVALID_ARGUMENT', 'DTYPE', ...(variadic ? (['LENGTH'] as const) : [])],
      missing,
    )
  }
})

describe('values that do not belong together', () => {
  test.each(['matmulNT', 'matmulNN', 'matmulTN'] as const)('%s: accumulate with a bias', (name) => {
    refused(name, accepted(name).set('accumulate', true), 'INVALID_ARGUMENT', 'accumulate')
  })

  test.each(['sgd', 'adam'] as const)('%s: a precision without an anchor, an anchor without a precision', (name) => {
    for (const argument of ['precision', 'anchor'])
      refused(name, accepted(name).set(argument, null), 'INVALID_ARGUMENT', argument)
  })

  test('sgd: momentum without a velocity', () => {
    refused('sgd', accepted('sgd').set('velocity', null), 'INVALID_ARGUMENT', 'velocity')
  })

  test('labels, classes and rows out of range', () => {
    const labels = Uint8Array.of(0, 1, 3, 2)
    refused(
      'softmaxCrossEntropy',
      accepted('softmaxCrossEntropy').set('labels', labels),
      'LABEL_OUT_OF_RANGE',
      'labels[2]',
    )
    labels[2] = 255
    refused('softmaxCrossEntropy', accepted('softmaxCrossEntropy').set('labels', labels), 'LABEL_OUT_OF_RANGE', '255')
    refused('classSeed', accepted('classSeed').set('chosen', 3), 'LABEL_OUT_OF_RANGE', 'chosen')
    for (const row of [9, 2 ** 32 - 1])
      refused(
        'gather',
        accepted('gather').set('indices', Uint32Array.of(0, 8, 3, row)),
        'INVALID_ARGUMENT',
        'indices[3]',
      )
  })

  test('argmax of a row with a NaN names the row and writes nothing', () => {
    const x = new Float32Array(24)
    x[23] = NaN
    refused(
      'argmax',
      accepted('argmax')
        .set('x', x)
        .set('out', Uint32Array.of(7, 7, 7, 7)),
      'NON_FINITE',
      'row 3',
    )
  })

  test('selectTable: a name that is no table', () => {
    for (const value of ['nonsense', '', 'AVX2', 'avx2 '])
      refused('selectTable', new Map([['name', value]]), 'ISA_UNSUPPORTED', native.tables().join(', '))
    for (const value of [1, undefined, null, ['portable']])
      refused('selectTable', new Map([['name', value]]), 'INVALID_ARGUMENT', 'name')
  })
})

test.each(['setThreads', 'setDefaultThreads'] as const)('%s: more than 256', (name) => {
  refused(name, new Map([['count', 257]]), 'INVALID_ARGUMENT', '257')
})

test('arguments too many are ignored', () => {
  expect(
    call(
      'sum',
      new Map<string, unknown>([
        ['x', Float32Array.of(1, 2)],
        ['more', 'x'],
      ]),
    ),
  ).toBe(3)
})
