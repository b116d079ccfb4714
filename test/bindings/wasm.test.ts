import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FALLBACK, loadFirst } from '../../bindings/load.ts'
import { bind, type Native, native } from '../../bindings/native.ts'
import { sameBits, special, uniform } from '../numbers.ts'
import { refusal } from '../refusal.ts'
import { draw } from './arguments.ts'
import { CALLS } from './calls.ts'
import { COMPUTING, outcome, sizes } from './outcomes.ts'

function fallback(): Native | Error {
  try {
    return bind(loadFirst([], FALLBACK, () => {}))
  } catch (error) {
    if (process.env.CI) throw error
    return error as Error
  }
}
const loaded = fallback()
const wasm = loaded as Native
const best = native.tables()[native.currentTable()] as string

describe.skipIf(loaded instanceof Error)('the fallback in WebAssembly', () => {
  test('has the exports of the addon, and its own table is the chosen one', () => {
    expect(Object.keys(wasm)).toEqual(Object.keys(native))
    expect(wasm.tables()).toEqual(['portable', 'wasm'])
    expect(wasm.currentTable()).toBe(1)
    wasm.setThreads(7)
    expect(wasm.threads()).toBe(1)
  })

  test.each(COMPUTING)('%s gives the bits of the addon', (name) => {
    const call = CALLS[name]
    const floats = fc.constantFrom(uniform, special)
    fc.assert(
      fc.property(
        sizes(call),
        fc.integer(),
        fc.constantFrom(...(call.variants ?? [{}])),
        floats,
        (sizes, seed, variant, floats) => {
          const args = draw(call, sizes, seed, floats)
          for (const [argument, value] of Object.entries(variant)) args.set(argument, value)
          const expected = outcome(native, best, name, [...args.values()])
          const { result, arrays } = outcome(wasm, 'wasm', name, [...args.values()])
          expect(result).toEqual(expected.result)
          // a refusal in the middle of an answer leaves half of it in the addon's case
          if (typeof result === 'string') return
          arrays.forEach((array, index) => {
            if (!sameBits(array, expected.arrays[index])) expect(array).toEqual(expected.arrays[index])
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  /** a * b + c of one number each */
  const fma = (by: Native, a: number, b: number, c: number) => {
    const out = new Float32Array(1)
    by.matmulNN(1, 1, 1, Float32Array.of(a), Float32Array.of(b), Float32Array.of(c), out, false, false)
    return out[0] as number
  }

  test('its multiply-add rounds once where two roundings go wrong', () => {
    const ulp = 2 ** -23
    // 2^-24 less 2^-54, and more: float64 sees a tie, and a tie goes to the even neighbour
    expect(fma(wasm, 2 ** -12 * (1 + 2 ** -15), 2 ** -12 * (1 - 2 ** -15), 1 + ulp)).toBe(1 + ulp)
    expect(fma(wasm, -(2 ** -12) * (1 + 2 ** -15), 2 ** -12 * (1 - 2 ** -15), -1 - ulp)).toBe(-1 - ulp)
    expect(fma(wasm, -(2 ** -12) * (1 + 2 ** -15), 2 ** -12 * (1 - 2 ** -15), 1 + 2 * ulp)).toBe(1 + 2 * ulp)
  })

  test('and where a denormal comes out', () => {
    const least = 2 ** -149
    // half the least denormal, less so little that float64 loses it beside numbers of this size, odd and even
    for (const steps of [2 ** 22 + 1, 2 ** 22 + 2, 2 ** 23 - 2, 2 ** 23 - 1])
      for (const [up, sign] of [
        [1, 1],
        [-1, 1],
        [1, -1],
        [-1, -1],
      ] as const) {
        const [a, b, c] = [up * 2 ** -75 * (1 + 2 ** -16), 2 ** -75 * (1 - 2 ** -16), sign * steps * least] as const
        expect(fma(wasm, a, b, c), `${steps} ${up} ${sign}`).toBe(c)
      }
  })

  test('takes what its memory holds, refuses more, and goes on', () => {
    const large = new Float32Array(2 ** 24).fill(1)
    expect(wasm.sum(large)).toBe(2 ** 24)
    // four gigabytes are all that it can address
    const shared = new Uint8Array(2 ** 32 - 2 ** 20)
    const { message } = refusal('OUT_OF_MEMORY', () => wasm.largePages(shared))
    expect(message).toMatch(/has \d+ bytes of memory and got no \d+ more/)
    expect(wasm.sum(Float32Array.of(1, 2))).toBe(3)
  })

  test('a size whose product does not fit 32 bits is no length', () => {
    const x = new Float32Array(4)
    refusal('LENGTH', () => wasm.rowSums(2 ** 16, 2 ** 16, x, x))
    refusal('LENGTH', () => wasm.matmulNT(2 ** 16, 2, 2 ** 16, x, x, null, x, false, false))
    refusal('LENGTH', () => wasm.gather(new Uint8Array(4), 2 ** 30, new Uint32Array(4), x))
  })

  test('a refusal leaves nothing behind on its stack', () => {
    for (let turn = 0; turn < 20_000; turn++)
      refusal('LENGTH', () => wasm.add(new Float32Array(2), new Float32Array(3), new Float32Array(2)))
    expect(wasm.sum(Float32Array.of(4))).toBe(4)
  })
})

test.runIf(loaded instanceof Error)('the fallback is not compiled here', ({ skip }) => skip((loaded as Error).message))
