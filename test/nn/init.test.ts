import { describe, expect, it } from 'vitest'
import { kaimingUniform } from '../../src/nn/init.ts'
import { Linear } from '../../src/nn/linear.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, stateOf } from '../toy.ts'

/** Kolmogorov's statistic of values against the uniform distribution on [-bound, bound], times sqrt(n) */
function kolmogorov(values: Float32Array, bound: number): number {
  const sorted = values.toSorted()
  const distance = sorted.reduce((most, value, i) => {
    const expected = (value / bound + 1) / 2
    return Math.max(most, Math.abs(expected - i / sorted.length), Math.abs(expected - (i + 1) / sorted.length))
  }, 0)
  return distance * Math.sqrt(sorted.length)
}

// true uniform draws exceed it once in a million times: 2 exp(-2 2.7^2)
const CRITICAL = 2.7

describe('initial weights', () => {
  it.each([
    [784, 100],
    [50, 2000],
    [3, 4000],
  ])('of %i inputs and %i outputs are uniform in 1 / sqrt(inputs), weights and biases alike', (inputs, outputs) => {
    const { weight, bias } = new Linear('layer', inputs, outputs, { random: Random.from(4) })
    const bound = 1 / Math.sqrt(inputs)
    for (const { data } of [weight, bias]) {
      const most = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      expect(most).toBeLessThanOrEqual(Math.fround(bound))
      expect(most).toBeGreaterThan(0.95 * bound)
      expect(kolmogorov(data, bound)).toBeLessThan(CRITICAL)
    }
  })

  it('would fail that check with half the bound, or a normal distribution of the same variance', () => {
    const random = Random.from(5)
    const half = kaimingUniform(20_000, 4 * 9, random)
    expect(kolmogorov(half, 1 / 3)).toBeGreaterThan(CRITICAL)
    const draw = () => Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b, -6)
    const normal = Float32Array.from({ length: 20_000 }, () => draw() / 3 / Math.sqrt(3))
    expect(kolmogorov(normal, 1 / 3)).toBeGreaterThan(CRITICAL)
  })

  it('do not follow one another: neighbours are uncorrelated', () => {
    const values = kaimingUniform(10_000, 1, Random.from(6))
    // a product of two such draws has variance 1 / 9: four standard deviations of the mean
    const mean = values.reduce((sum, value, i) => sum + value * (values[i + 1] ?? 0), 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(4 / 3 / Math.sqrt(values.length))
  })
})

describe('the seed', () => {
  const sizes = [6, 5, 4, 3]

  it('drives every weight and bias: same seed same bits, other seed other bits', () => {
    for (const batchNorm of [false, true]) {
      const [a, b, c] = [1, 1, 2].map((seed) => new Mlp(sizes, { seed, batchNorm })) as [Mlp, Mlp, Mlp]
      expect(stateOf(a)).toBe(stateOf(b))
      const other = c.parameters().filter(({ name }) => name.startsWith('layers.'))
      expect(other).toHaveLength(6)
      for (const { name, data } of other)
        expect(a.parameters().find((parameter) => parameter.name === name)?.data).not.toEqual(data)
    }
  })

  it('is 0 unless given, and BatchNorm draws nothing from it', () => {
    expect(stateOf(new Mlp(sizes))).toBe(stateOf(new Mlp(sizes, { seed: 0 })))
    const [bare, normed] = [false, true].map((batchNorm) => new Mlp(sizes, { seed: 3, batchNorm })) as [Mlp, Mlp]
    const shared = normed.parameters().filter(({ name }) => name.startsWith('layers.'))
    expect(shared.map(({ data }) => data)).toEqual(bare.parameters().map(({ data }) => data))
  })

  it('is a whole number from 0 to 2^53 - 1', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(codeOf(() => new Mlp(sizes, { seed }))).toBe('INVALID_ARGUMENT')
    expect(stateOf(new Mlp(sizes, { seed: 2 ** 53 - 1 }))).not.toBe(stateOf(new Mlp(sizes, { seed: 2 ** 32 - 1 })))
  })
})
