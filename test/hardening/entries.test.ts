import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { ERROR_CODES, PalimpsestError } from '../../bindings/errors.ts'
import { type Native, native } from '../../bindings/native.ts'
import { draw, sizesOf } from '../bindings/arguments.ts'
import { CALLS, NAMES } from '../bindings/calls.ts'
import { type Numbers, sameBits, special } from '../numbers.ts'

const [table, count] = [native.tables()[native.currentTable()] as string, native.threads()]
afterEach(() => {
  native.selectTable(table)
  native.setThreads(count)
})

const ODD_NUMBERS = [-1, -0, 0, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e300, 5e-324]
const OTHERS: readonly unknown[] = [undefined, null, true, 'text', 1n, Symbol.iterator, {}, [1, 2], () => 1]
const ARRAYS = [Float32Array, Float64Array, Uint32Array, Uint8Array, Int8Array, BigInt64Array, Uint8ClampedArray]

/** what happens to one argument */
type Spoiled =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'array'; readonly type: number; readonly length: number }
  | { readonly kind: 'view'; readonly shared: boolean; readonly offset: number; readonly change: number }
  | { readonly kind: 'inside'; readonly other: number; readonly from: number }
  | { readonly kind: 'detached' }

const spoiled: fc.Arbitrary<Spoiled> = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), value: fc.constantFrom<unknown>(...ODD_NUMBERS, ...OTHERS) }),
  fc.record({ kind: fc.constant('value' as const), value: fc.oneof(fc.double(), fc.integer(), fc.string()) }),
  fc.record({ kind: fc.constant('array' as const), type: fc.nat(ARRAYS.length - 1), length: fc.nat(40) }),
  fc.record({
    kind: fc.constant('view' as const),
    shared: fc.boolean(),
    offset: fc.nat(5),
    change: fc.constantFrom(0, 0, 0, -1, 1),
  }),
  fc.record({ kind: fc.constant('inside' as const), other: fc.nat(20), from: fc.nat(9) }),
  fc.constant({ kind: 'detached' as const }),
)

// bytes on either side of a view that nobody may touch
const GUARD = 64
const MARK = 0xa5

/** every array in the middle of marked memory */
class Guarded {
  readonly #all: { readonly memory: Uint8Array; readonly from: number; readonly to: number }[] = []

  place(array: Numbers, { shared = false, offset = 0, change = 0 } = {}): Numbers {
    const length = Math.max(0, array.length + change)
    const from = GUARD + offset * array.BYTES_PER_ELEMENT
    const size = from + length * array.BYTES_PER_ELEMENT + GUARD
    const buffer = shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size)
    const memory = new Uint8Array(buffer).fill(MARK)
    const view: Numbers = Reflect.construct(array.constructor, [buffer, from, length])
    view.set(array.subarray(0, length) as never)
    this.#all.push({ memory, from, to: from + view.byteLength })
    return view
  }

  untouched(): boolean {
    const marked = (bytes: Uint8Array) => bytes.every((byte) => byte === MARK)
    return this.#all.every(
      ({ memory, from, to }) =>
        memory.length === 0 || (marked(memory.subarray(0, from)) && marked(memory.subarray(to))),
    )
  }
}

const isNumbers = (value: unknown): value is Numbers => ArrayBuffer.isView(value) && !(value instanceof DataView)

function spoil(args: Map<string, unknown>, name: string, how: Spoiled, guarded: Guarded): void {
  const old = args.get(name)
  if (how.kind === 'value') args.set(name, how.value)
  else if (how.kind === 'array') args.set(name, Reflect.construct(ARRAYS[how.type] as never, [how.length]))
  else if (!isNumbers(old) || old.byteLength === 0) return
  else if (how.kind === 'view') args.set(name, guarded.place(old, how))
  else if (how.kind === 'detached') {
    if (old.buffer instanceof ArrayBuffer) structuredClone(old.buffer, { transfer: [old.buffer] })
  } else {
    const others = [...args.values()].filter(isNumbers).filter(({ byteLength }) => byteLength > 0)
    const { buffer, byteOffset, byteLength } = others[how.other % others.length] as Numbers
    const from = byteOffset + how.from * old.BYTES_PER_ELEMENT
    if (from + old.byteLength <= byteOffset + byteLength && from % old.BYTES_PER_ELEMENT === 0)
      args.set(name, Reflect.construct(old.constructor, [buffer, from, old.length]))
  }
}

/** writes before it knows that its logits are not finite */
const late = (name: keyof Native, code: string) => name === 'predict' && code === 'NON_FINITE'

describe('any arguments: a result, or a refusal that changed nothing; and no byte outside of the arrays', () => {
  // it would run as long as it is told to
  test.each(NAMES.filter((name) => name !== 'fmaPeak'))('%s', (name) => {
    const call = CALLS[name]
    const names = call.takes.map((taken) => taken.name)
    const size = fc.integer({ min: 1, max: 21 })
    const sizes = fc.record(Object.fromEntries(sizesOf(call).map((name) => [name, size])))
    const change = fc.record({ argument: fc.nat(Math.max(0, names.length - 1)), how: spoiled })
    const changes = fc.array(change, { maxLength: 3 })
    fc.assert(
      fc.property(sizes, fc.nat(), changes, fc.nat(names.length), (sizes, seed, changes, dropped) => {
        const guarded = new Guarded()
        const args = draw(call, sizes, seed, special)
        for (const [name, value] of args) if (isNumbers(value)) args.set(name, seed % 2 ? guarded.place(value) : value)
        for (const { argument, how } of changes)
          if (names[argument] !== undefined) spoil(args, names[argument], how, guarded)
        const given = [...args.values()].slice(0, dropped === 0 ? -1 : undefined)
        const arrays = given.filter(isNumbers).filter(({ byteLength }) => byteLength > 0)
        const before = arrays.map((array) => array.slice())
        try {
          ;(native[name] as (...args: unknown[]) => unknown)(...given)
        } catch (error) {
          expect(error).toBeInstanceOf(PalimpsestError)
          const { code, message } = error as PalimpsestError
          expect(Object.keys(ERROR_CODES)).toContain(code)
          expect(message).toContain(`${name}: `)
          if (!late(name, code)) expect(arrays.every((array, i) => sameBits(array, before[i] as Numbers))).toBe(true)
        }
        expect(guarded.untouched()).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
