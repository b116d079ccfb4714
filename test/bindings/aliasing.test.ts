import { describe, expect, test } from 'vitest'
import type { Native } from '../../bindings/native.ts'
import type { Numbers } from '../numbers.ts'
import { type ArrayArgument, makeArray } from './arguments.ts'
import { CALLS, NAMES } from './calls.ts'
import { accepted, arraysOf, call, refused } from './refused.ts'

interface Pair {
  readonly output: ArrayArgument
  readonly other: ArrayArgument
  /** the output may be the other's very memory */
  readonly inPlace: boolean
}

function pairsOf(name: keyof Native): Pair[] {
  const arrays = arraysOf(name)
  const outputs = arrays.filter(({ role }) => role === 'output')
  return outputs.flatMap((output) =>
    arrays
      .filter((other) => other !== output)
      .map((other) => ({ output, other, inPlace: CALLS[name].inPlace?.includes(other.name) ?? false })),
  )
}

const WITH_PAIRS = NAMES.filter((name) => pairsOf(name).length > 0)

/** both arrays in one zeroed memory, each from its own byte */
function sharing(name: keyof Native, { output, other }: Pair, outputFrom: number, otherFrom: number) {
  const args = accepted(name)
  const memory = new ArrayBuffer(1024)
  for (const [{ name: argument, dtype }, from] of [
    [output, outputFrom],
    [other, otherFrom],
  ] as const) {
    const { length } = args.get(argument) as Numbers
    args.set(argument, Reflect.construct(makeArray(dtype, 0).constructor, [memory, from, length]))
  }
  return args
}

describe.each(WITH_PAIRS)('%s: an output and another array', (name) => {
  test('in the same memory', () => {
    for (const pair of pairsOf(name))
      if (pair.inPlace) expect(() => call(name, sharing(name, pair, 64, 64))).not.toThrow()
      else refused(name, sharing(name, pair, 64, 64), 'ALIASED', '')
  })

  test('overlapping by some bytes at either end', () => {
    for (const pair of pairsOf(name)) {
      const bytes = ({ name: argument }: ArrayArgument) => (accepted(name).get(argument) as Numbers).byteLength
      const last = (end: number, { dtype }: ArrayArgument) => end - makeArray(dtype, 1).byteLength
      const [mine, theirs] = [bytes(pair.output), bytes(pair.other)]
      const align = (byte: number) => Math.floor(byte / 8) * 8
      refused(name, sharing(name, pair, 64, align(last(64 + mine, pair.output))), 'ALIASED', '')
      refused(name, sharing(name, pair, align(last(64 + theirs, pair.other)), 64), 'ALIASED', '')
    }
  })

  test('side by side are accepted', () => {
    for (const pair of pairsOf(name)) {
      const { byteLength } = accepted(name).get(pair.output.name) as Numbers
      expect(() => call(name, sharing(name, pair, 512 - byteLength, 512))).not.toThrow()
      const other = (accepted(name).get(pair.other.name) as Numbers).byteLength
      expect(() => call(name, sharing(name, pair, 512, 512 - other))).not.toThrow()
    }
  })
})

const IN_PLACE = NAMES.flatMap((name) =>
  pairsOf(name)
    .filter(({ inPlace }) => inPlace)
    .map((pair) => [name, pair] as const),
)

test.each(IN_PLACE)('%s in place gives what it gives elsewhere', (name, { output, other }) => {
  const [apart, same] = [accepted(name), accepted(name)]
  same.set(output.name, same.get(other.name))
  call(name, apart)
  call(name, same)
  expect(same.get(output.name)).toEqual(apart.get(output.name))
})
