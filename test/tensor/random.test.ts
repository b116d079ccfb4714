import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/autograd.ts'
import type { RandomState } from '../../src/tensor/random.ts'
import { refusal } from '../refusal.ts'

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next())

/** chi-square of how often each of `cells` values came, against equal chances */
function chiSquare(counts: Uint32Array): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0)
}

// chi-square exceeds this with a probability of 1e-9, for seeds that are fixed here (Wilson and Hilferty 1931)
const limit = (freedom: number) => freedom * (1 - 2 / (9 * freedom) + 6 * Math.sqrt(2 / (9 * freedom))) ** 3

describe('the generator', () => {
  test('is xoshiro128** 1.1: what the reference in C gives from the state 1, 2, 3, 4', () => {
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]
    expect(draws(Random.restore([1, 2, 3, 4]), 10)).toEqual(expected)
  })

  test('gives for a seed the numbers it always gave', () => {
    expect(draws(Random.from(0), 4)).toEqual([3809008728, 1133695204, 53579671, 2891528803])
    expect(draws(Random.from(1), 4)).toEqual([3421527613, 4222085574, 498198555, 4056930953])
    expect(draws(Random.from(1, 'weights'), 4)).toEqual([2267713813, 1128405851, 501548387, 206737055])
    expect(draws(Random.from(2 ** 53 - 1, 'shuffle'), 4)).toEqual([1946009804, 1712279746, 1483479989, 2368562625])
  })

  test('goes on from a saved state as if nothing had been', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string(), fc.nat({ max: 50 }), (seed, purpose, before) => {
        const random = Random.from(seed, purpose)
        draws(random, before)
        const saved = JSON.parse(JSON.stringify(random.state)) as RandomState
        expect(draws(Random.restore(saved), 20)).toEqual(draws(random, 20))
      }),
    )
  })

  test('a state is a copy', () => {
    const random = Random.from(1)
    const saved = random.state
    random.next()
    expect(random.state).not.toEqual(saved)
    expect(Random.from(1).state).toEqual(saved)
  })

  test.each<[string, readonly number[]]>([
    ['all 0', [0, 0, 0, 0]],
    ['all 0 as 32-bit words', [2 ** 32, 0, 0, 0]],
    ['too short', [1, 2, 3]],
    ['too long', [1, 2, 3, 4, 5]],
    ['not whole', [1, 2, 3, 0.5]],
    ['not finite', [1, 2, 3, NaN]],
    ['beyond 32 bits', [1, 2, 3, 2 ** 31]],
  ])('a state that is %s is refused', (_, state) => {
    refusal('INVALID_ARGUMENT', () => Random.restore(state as unknown as RandomState))
  })

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('the seed %d is refused', (seed) => {
    expect(refusal('INVALID_ARGUMENT', () => Random.from(seed)).message).toContain(String(seed))
  })
})

describe('streams', () => {
  test('of neighbouring seeds and of purposes share no number among their first ones', () => {
    const seeds = [...Array(200).keys(), 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]
    const purposes = ['', 'weights', 'shuffle', 'consolidation']
    const all = seeds.flatMap((seed) => purposes.map((purpose) => draws(Random.from(seed, purpose), 2).join()))
    expect(new Set(all).size).toBe(all.length)
  })

  test('of one seed and two purposes are not correlated', () => {
    const [a, b] = [Random.from(5, 'weights'), Random.from(5, 'shuffle')]
    const n = 20_000
    let product = 0
    for (let i = 0; i < n; i++) product += (a.uniform() - 0.5) * (b.uniform() - 0.5)
    // a mean of n products with the variance 1 / 144: 6 standard deviations
    expect(Math.abs(product / n)).toBeLessThan(6 / (12 * Math.sqrt(n)))
  })
})

describe('uniform', () => {
  test('lies in [0, 1), on a grid that float32 holds, and fills it evenly', () => {
    const random = Random.from(3)
    const counts = new Uint32Array(64)
    for (let i = 0; i < 64_000; i++) {
      const value = random.uniform()
      expect(value >= 0 && value < 1 && Math.fround(value) === value && Number.isInteger(value * 2 ** 24)).toBe(true)
      counts[Math.floor(value * 64)]!++
    }
    expect(chiSquare(counts)).toBeLessThan(limit(63))
  })
})

describe('below', () => {
  test.each([2, 3, 7, 10, 100])('%d is even', (n) => {
    const random = Random.from(n)
    const counts = new Uint32Array(n)
    for (let i = 0; i < 500 * n; i++) counts[random.below(n)]!++
    expect(chiSquare(counts)).toBeLessThan(limit(n - 1))
  })

  test('is even where a remainder alone would favour the lower half: n = 3 * 2^30', () => {
    const random = Random.from(4)
    const counts = new Uint32Array(3)
    for (let i = 0; i < 30_000; i++) counts[Math.floor(random.below(3 * 2 ** 30) / 2 ** 30)]!++
    // without rejection the first third comes half of the time
    expect(chiSquare(counts)).toBeLessThan(limit(2))
  })

  test('1 is always 0, and 2^32 is every number', () => {
    expect(Random.from(1).below(1)).toBe(0)
    expect(Random.from(1).below(2 ** 32)).toBe(Random.from(1).next())
  })

  test.each([0, -1, 1.5, NaN, 2 ** 32 + 1, Infinity])('%d is refused', (n) => {
    expect(refusal('INVALID_ARGUMENT', () => Random.from(1).below(n)).message).toContain(`n is ${n}`)
  })
})

describe('shuffle', () => {
  const range = (length: number) => Uint32Array.from({ length }, (_, index) => index)

  test('permutes in place', () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.maxSafeNat(), (length, seed) => {
        const items = range(length)
        expect(Random.from(seed).shuffle(items)).toBe(items)
        expect(items.toSorted()).toEqual(range(length))
      }),
    )
  })

  test('gives each of the 24 orders of 4 items an equal chance', () => {
    const random = Random.from(6)
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle(range(4)).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(chiSquare(Uint32Array.from(counts.values()))).toBeLessThan(limit(23))
  })

  test('gives the order it always gave', () => {
    expect(Random.from(0, 'shuffle').shuffle(range(10)).join(' ')).toBe('9 4 5 6 2 1 0 3 7 8')
  })
})
