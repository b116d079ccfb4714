import { PalimpsestError } from '../../bindings/errors.ts'

const rotl = (x: number, k: number) => (x << k) | (x >>> (32 - k))

/** a bijection of the 32-bit words in which every bit of the result depends on every bit given: MurmurHash3's finalizer */
function mix(z: number): number {
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return z ^ (z >>> 16)
}

/** Four words of state, for saving and going on later. */
export type RandomState = readonly [number, number, number, number]

/**
 * xoshiro128** 1.1 (Blackman and Vigna 2018), seeded through SplitMix32. Integer arithmetic only, so a seed gives the
 * same numbers on every machine.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  private constructor(state: RandomState) {
    ;[this.#a, this.#b, this.#c, this.#d] = state
  }

  /**
   * `purpose` separates the streams of one seed: initial weights do not depend on how often a set was shuffled.
   * @throws PalimpsestError `INVALID_ARGUMENT` unless the seed is a whole number from 0 to 2^53 - 1
   */
  static from(seed: number, purpose = ''): Random {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new PalimpsestError('INVALID_ARGUMENT', `seed is ${seed}, expected a whole number from 0 to 2^53 - 1`)
    let hash = mix(mix(seed | 0) ^ Math.floor(seed / 0x1_0000_0000))
    for (let i = 0; i < purpose.length; i++) hash = mix(hash ^ purpose.charCodeAt(i))
    const word = () => {
      hash = (hash + 0x9e3779b9) | 0
      return mix(hash)
    }
    return new Random([word(), word(), word(), word()])
  }

  /** @throws PalimpsestError `INVALID_ARGUMENT` unless the state is four signed 32-bit words, not all 0 */
  static restore(state: RandomState): Random {
    if (state.length !== 4 || !state.every((word) => word === (word | 0)) || state.every((word) => word === 0))
      throw new PalimpsestError('INVALID_ARGUMENT', 'a generator state is four signed 32-bit words that are not all 0')
    return new Random(state)
  }

  /** for {@link Random.restore} */
  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d]
  }

  /** uniform over the whole numbers from 0 to 2^32 - 1 */
  next(): number {
    const result = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = rotl(this.#d, 11)
    return result
  }

  /** uniform in [0, 1) on a grid of 2^-24: exact in float32 */
  uniform(): number {
    return (this.next() >>> 8) / 0x100_0000
  }

  /**
   * Uniform over the whole numbers from 0 to n - 1, without bias (rejection).
   * @throws PalimpsestError `INVALID_ARGUMENT` unless n is a whole number from 1 to 2^32
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x1_0000_0000)
      throw new PalimpsestError('INVALID_ARGUMENT', `below: n is ${n}, expected a whole number from 1 to 2^32`)
    if (n === 0x1_0000_0000) return this.next()
    // spelled in unsigned 32-bit numbers, whose remainder is fast
    const size = n >>> 0
    const limit = 0x1_0000_0000 - ((-size >>> 0) % size)
    let draw = this.next()
    while (draw >= limit) draw = this.next()
    return (draw >>> 0) % size
  }

  /** Fisher and Yates, in place */
  shuffle(items: Uint32Array): Uint32Array {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = items[i] as number
      items[i] = items[j] as number
      items[j] = held
    }
    return items
  }
}
