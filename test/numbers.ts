/** A stream of whole numbers below 2^32 (mulberry32): the same for a seed, and not the library's own. */
export function stream(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return (z ^ (z >>> 14)) >>> 0
  }
}

/** uniform in [low, high] */
export const between = (next: () => number, low: number, high: number): number =>
  low + ((high - low) * next()) / 0xffff_ffff

function filled(length: number, value: () => number): Float32Array {
  const array = new Float32Array(length)
  for (let index = 0; index < length; index++) array[index] = value()
  return array
}

export const uniform = (next: () => number, length: number, low = -2, high = 2): Float32Array =>
  filled(length, () => between(next, low, high))

const SPECIAL = [
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  2 ** -149,
  -(2 ** -140),
  2 ** -126,
  3.4e38,
  -3.4e38,
  88.8,
  -104,
] as const

/** uniform, with infinities, NaN, denormals, signed zeros and the largest numbers among them */
export const special = (next: () => number, length: number): Float32Array =>
  filled(length, () => (next() % 8 === 0 ? (SPECIAL[next() % SPECIAL.length] as number) : between(next, -2, 2)))

export type Numbers = Float32Array | Float64Array | Uint32Array | Uint8Array

/** equal bits, any NaN being equal to any NaN */
export const sameBits = (a: Numbers, b: Numbers | undefined): boolean =>
  a.length === b?.length && a.every((value, index) => Object.is(value, b[index]))
