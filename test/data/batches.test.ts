import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, batches } from '../../src/data/batches.ts'
import { type LabelledSet, labelledSet } from '../../src/data/set.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, inputsOf } from '../toy.ts'

/** sample n is the bytes (n, n / 256), so that a batch tells which samples it holds */
function numbered(count: number): LabelledSet {
  const inputs = Uint8Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? at >> 1 : at >> 9))
  const labels = Uint8Array.from({ length: count }, (_, row) => row % 7)
  return labelledSet({ name: 'numbered', inputs, labels, features: 2, classes: 7 })
}

const samplesOf = ({ x }: Batch): number[] =>
  Array.from({ length: x.length / 2 }, (_, row) =>
    Math.round(((x[2 * row] as number) + 256 * (x[2 * row + 1] as number)) * 255),
  )

const orderOf = (all: Iterable<Batch>): number[] => [...all].flatMap(samplesOf)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

const shapes = fc.record({ count: fc.integer({ min: 1, max: 300 }), size: fc.integer({ min: 1, max: 320 }) })

describe('batches', () => {
  it('hold every sample once, in order, with what remains in the last', () => {
    fc.assert(
      fc.property(shapes, ({ count, size }) => {
        const all = batches(numbered(count), { size })
        const sizes = [...all].map(({ y }) => y.length)
        expect(sizes).toHaveLength(all.length)
        expect(sizes.slice(0, -1).every((rows) => rows === size)).toBe(true)
        expect(sizes.at(-1)).toBe(count % size || size)
        expect(orderOf(all)).toEqual(upTo(count))
      }),
    )
  })

  it('are bytes times float32(1 / 255), rounded once, with their labels', () => {
    const inputs = Uint8Array.from({ length: 256 * 3 }, (_, at) => Math.floor(at / 3))
    const labels = Uint8Array.from({ length: 256 }, (_, row) => (row * 5) % 9)
    const set = labelledSet({ name: 'bytes', inputs, labels, features: 3, classes: 9 })
    const all = [...batches(set, { size: 37 })]
    const x = Float32Array.from(all.flatMap((batch) => [...batch.x]))
    expect(x).toEqual(inputsOf(set))
    expect([x[0], x.at(-1)]).toEqual([0, 1])
    expect(all.flatMap(({ y }) => [...y])).toEqual([...labels])
    for (const batch of batches(set, { size: 37, shuffle: true }))
      batch.y.forEach((label, row) => {
        expect(label).toBe((Math.round((batch.x[3 * row] as number) * 255) * 5) % 9)
      })
  })

  it('shuffled are a permutation, and another at every iteration', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), ({ count, size }, seed) => {
        const all = batches(numbered(count), { size, shuffle: true, seed })
        const [first, second] = [orderOf(all), orderOf(all)]
        expect(first.toSorted((a, b) => a - b)).toEqual(upTo(count))
        expect(second.toSorted((a, b) => a - b)).toEqual(upTo(count))
        // 20 samples have 2e18 orders
        if (count >= 20) expect(second).not.toEqual(first)
      }),
    )
  })

  it('come in the same orders for the same seed, and in others for another', () => {
    const orders = (seed?: number | Random) => {
      const options = { size: 8, shuffle: true, ...(seed === undefined ? {} : { seed }) }
      const all = batches(numbered(50), options)
      return [orderOf(all), orderOf(all), orderOf(all)]
    }
    expect(orders(3)).toEqual(orders(3))
    expect(orders(3)).not.toEqual(orders(4))
    expect(orders()).toEqual(orders(0))
    expect(orders(Random.from(3, 'shuffle'))).toEqual(orders(3))
  })

  it('go on from where a generator is', () => {
    const random = Random.from(1)
    const other = Random.restore(random.state)
    const shuffled = (seed: Random) => orderOf(batches(numbered(50), { size: 8, shuffle: true, seed }))
    const first = shuffled(random)
    const second = shuffled(random)
    expect(second).not.toEqual(first)
    expect([shuffled(other), shuffled(other)]).toEqual([first, second])
    const state = random.state
    orderOf(batches(numbered(50), { size: 8, seed: random }))
    expect(random.state).toEqual(state)
  })

  it('every sample comes first about equally often', () => {
    const firsts = new Array<number>(10).fill(0)
    const all = batches(numbered(10), { size: 10, shuffle: true, seed: 9 })
    for (let i = 0; i < 2000; i++) {
      const first = orderOf(all)[0] as number
      firsts[first] = (firsts[first] as number) + 1
    }
    // chi squared with 9 degrees of freedom exceeds 33.7 once in ten thousand times
    expect(firsts.reduce((sum, seen) => sum + (seen - 200) ** 2 / 200, 0)).toBeLessThan(33.7)
  })

  it('of some samples are those that come first in the order, without replacement', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 400 }), fc.nat(), ({ count, size }, samples, seed) => {
        const set = numbered(count)
        const some = Math.min(samples, count)
        const plain = batches(set, { size, samples })
        expect(plain.length).toBe(Math.ceil(some / size))
        expect(orderOf(plain)).toEqual(upTo(some))
        const drawn = batches(set, { size, samples, shuffle: true, seed })
        const whole = batches(set, { size, shuffle: true, seed })
        for (let i = 0; i < 2; i++) expect(orderOf(drawn)).toEqual(orderOf(whole).slice(0, some))
      }),
    )
  })

  it('reuse the memory of a batch of the same size, with the same contents', () => {
    const set = numbered(23)
    const arrays = { fresh: new Set<Float32Array>(), reused: new Set<Float32Array>() }
    const fresh = batches(set, { size: 5, shuffle: true, seed: 2 })[Symbol.iterator]()
    for (const batch of batches(set, { size: 5, shuffle: true, seed: 2, reuse: true })) {
      const other = fresh.next().value as Batch
      expect(batch).toEqual(other)
      arrays.reused.add(batch.x)
      arrays.fresh.add(other.x)
    }
    // one for the four whole batches, one for the last
    expect(arrays.reused.size).toBe(2)
    expect(arrays.fresh.size).toBe(5)
  })

  it('keep an iteration apart from another that begins before its end', () => {
    const all = batches(numbered(30), { size: 4, shuffle: true, seed: 5, reuse: true })
    const [first, second] = [all[Symbol.iterator](), all[Symbol.iterator]()]
    const orders: [number[], number[]] = [[], []]
    for (let i = 0; i < all.length; i++) {
      orders[0].push(...samplesOf(first.next().value as Batch))
      orders[1].push(...samplesOf(second.next().value as Batch))
    }
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(upTo(30))
    expect(orders[0]).not.toEqual(orders[1])
  })

  it('refuse sizes, samples and seeds that are not whole numbers', () => {
    const set = numbered(3)
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      expect(codeOf(() => batches(set, { size: wrong }))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => batches(set, { size: 1, samples: wrong }))).toBe('INVALID_ARGUMENT')
    }
    expect(codeOf(() => batches(set, { size: 1, samples: 4.5 }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => batches(set, { size: Infinity }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => batches(set, { size: 1, seed: -1 }))).toBe('INVALID_ARGUMENT')
  })
})
