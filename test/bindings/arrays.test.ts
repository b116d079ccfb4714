import { describe, expect, test } from 'vitest'
import { type Native, native } from '../../bindings/native.ts'
import type { Numbers } from '../numbers.ts'
import { type ArrayArgument, type Dtype, makeArray } from './arguments.ts'
import { CALLS, NAMES } from './calls.ts'
import { accepted, arraysOf, call, refused } from './refused.ts'

const WITH_ARRAYS = NAMES.filter((name) => arraysOf(name).length > 0)

const DTYPES: readonly Dtype[] = ['Float32Array', 'Float64Array', 'Uint32Array', 'Uint8Array']

type Each = (argument: ArrayArgument, length: number, refuse: (value: unknown, ...how: How) => void) => void
type How = [code: Parameters<typeof refused>[2], about?: string]

/** for each array that the call takes: its length, and what checks that something else in its place is refused */
function eachArray(name: keyof Native, each: Each): void {
  for (const argument of arraysOf(name)) {
    const { length } = accepted(name).get(argument.name) as Numbers
    each(argument, length, (value, code, about = argument.name) =>
      refused(name, accepted(name).set(argument.name, value), code, about),
    )
  }
}

test('the table holds every export of the addon', () => {
  expect(Object.keys(native).sort()).toEqual(NAMES.toSorted())
})

test.each(NAMES)('%s accepts what the other tests spoil', (name) => {
  expect(() => call(name, accepted(name))).not.toThrow()
})

describe.each(WITH_ARRAYS)('%s refuses an array', (name) => {
  test('of another element type', () => {
    eachArray(name, ({ dtype }, length, refuse) => {
      for (const other of DTYPES) if (other !== dtype) refuse(makeArray(other, length), 'DTYPE')
      for (const Other of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, BigInt64Array])
        refuse(new Other(length), 'DTYPE')
    })
  })

  test('that is none', () => {
    eachArray(name, ({ dtype, optional }, length, refuse) => {
      const others = [undefined, true, 1, 'text', 1n, Symbol.iterator, {}, [], Array(length).fill(0), { length }]
      const memory = new ArrayBuffer(8 * length)
      const wrapped = [memory, new SharedArrayBuffer(8), new DataView(memory), new Proxy(makeArray(dtype, length), {})]
      for (const other of [...others, ...wrapped, ...(optional ? [] : [null])]) refuse(other, 'DTYPE')
    })
  })

  test('of another length', () => {
    eachArray(name, ({ dtype, anyLength }, length, refuse) => {
      refuse(makeArray(dtype, 0), 'LENGTH')
      // where its length is what the others are held to, the message names one of those
      if (!anyLength) for (const other of [length - 1, length + 1]) refuse(makeArray(dtype, other), 'LENGTH', '')
    })
  })

  test('whose memory was transferred', () => {
    eachArray(name, ({ dtype }, length, refuse) => {
      const array = makeArray(dtype, length)
      structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] })
      refuse(array, 'DETACHED_BUFFER')
    })
  })

  test('whose resizable memory has shrunk below it', () => {
    eachArray(name, ({ dtype }, length, refuse) => {
      const bytes = makeArray(dtype, length).byteLength
      const memory = Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: bytes }])
      const array = Reflect.construct(makeArray(dtype, 0).constructor, [memory, 0, length])
      memory.resize(bytes - 1)
      refuse(array, 'LENGTH')
    })
  })
})

// where an array lies is what these tell
const PLACES: readonly string[] = ['toBoundary', 'largePages']
test.each(WITH_ARRAYS.filter((name) => !PLACES.includes(name)))(
  '%s takes shared memory, and an offset into it',
  (name) => {
    const [own, shared] = [accepted(name), accepted(name)]
    for (const { name: argument } of arraysOf(name)) {
      const array = shared.get(argument) as Numbers
      const memory = new SharedArrayBuffer(array.byteLength + 24)
      const view: Numbers = Reflect.construct(array.constructor, [memory, 16, array.length])
      view.set(array)
      shared.set(argument, view)
    }
    expect(call(name, shared)).toEqual(call(name, own))
    for (const { name: argument } of arraysOf(name))
      expect([...(shared.get(argument) as Numbers)]).toEqual([...(own.get(argument) as Numbers)])
  },
)

test('a Buffer is a Uint8Array', () => {
  const out = new Float32Array(2)
  native.gather(Buffer.from([0, 255]), 1, Uint32Array.of(1, 0), out)
  expect([...out]).toEqual([1, 0])
})

test('null stands for an optional array', () => {
  for (const name of NAMES)
    for (const variant of CALLS[name].variants ?? []) {
      const args = accepted(name)
      for (const [argument, value] of Object.entries(variant)) args.set(argument, value)
      expect(() => call(name, args)).not.toThrow()
    }
})
