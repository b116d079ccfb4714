import { describe, expect, it } from 'vitest'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { differences, float64 } from '../nn/float64.ts'
import { blobs, inputsOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { atLabel, error, exactly, lived, loopFisher, precise, samplesOf } from './loop.ts'

const random = () => Random.from(1)

const nets = [
  { sizes: [6, 4], batchNorm: false },
  { sizes: [6, 5, 4], batchNorm: false },
  { sizes: [6, 7, 5, 4], batchNorm: false },
  { sizes: [6, 5, 4], batchNorm: true },
  { sizes: [6, 7, 5, 4], batchNorm: true },
]

describe.each(nets)('Fisher of $sizes, BatchNorm $batchNorm', ({ sizes, batchNorm }) => {
  const model = lived(new Mlp(sizes, { seed: 2, batchNorm }))

  // one chunk is 400 samples: less, one, one and a bit
  it.each([1, 7, 400, 405])('is the loop over single samples: %i samples', (count) => {
    const set = blobs({ count, features: 6, classes: 4 })
    const samples = samplesOf(model, set)
    const exact = fisherDiagonal(model, set, { estimator: 'exact', random: random() })
    const empirical = fisherDiagonal(model, set, { estimator: 'empirical', random: random() })
    expect([...exact.keys()]).toEqual(model.parameters())
    expect(error(exact, loopFisher(samples, exactly))).toBeLessThan(1)
    expect(error(empirical, loopFisher(samples, atLabel))).toBeLessThan(1)
    // the judge tells the two apart
    expect(error(exact, loopFisher(samples, atLabel))).toBeGreaterThan(100)
  })

  it('is the one of finite differences of a float64 log-likelihood', () => {
    const set = blobs({ count: 7, features: 6, classes: 4, seed: 3 })
    const x = inputsOf(set)
    const plain = float64(model)
    const expected = { exact: zeros(plain.values), empirical: zeros(plain.values) }
    set.labels.forEach((label, n) => {
      const row = x.subarray(n * 6, (n + 1) * 6)
      const logP = plain.logP(row, 'evaluation')[0] as readonly number[]
      for (const [parameter, values] of plain.values)
        logP.forEach((start, chosen) => {
          const slopes = differences(values, () => (plain.logP(row, 'evaluation')[0]?.[chosen] as number) - start)
          slopes.forEach((slope, i) => {
            const square = slope ** 2 / set.count
            add(expected.exact.get(parameter), i, Math.exp(start) * square)
            if (chosen === label) add(expected.empirical.get(parameter), i, square)
          })
        })
    })
    // differences are off by 1e-9 of slopes of the order of 1, which is less than float32 is
    for (const estimator of ['exact', 'empirical'] as const)
      expect(error(fisherDiagonal(model, set, { estimator, random: random() }), expected[estimator])).toBeLessThan(1)
  })
})

describe('exact', () => {
  it.each([3, 10, 400, 777])(
    'is the closed form of a linear softmax model: mean p (1 - p) x^2, %i samples',
    (count) => {
      const set = blobs({ count, features: 9, classes: 5 })
      const model = lived(new Mlp([9, 5]))
      const x = inputsOf(set)
      const [weight, bias] = [new Float64Array(5 * 9), new Float64Array(5)]
      float64(model)
        .logP(x, 'evaluation')
        .forEach((row, n) => {
          row.forEach((logP, c) => {
            const spread = (Math.exp(logP) * -Math.expm1(logP)) / count
            add(bias, c, spread)
            for (let i = 0; i < 9; i++) add(weight, c * 9 + i, spread * (x[n * 9 + i] as number) ** 2)
          })
        })
      const fisher = fisherDiagonal(model, set, { estimator: 'exact', random: random() })
      const [w, b] = [...fisher.values()] as [Float32Array, Float32Array]
      // all terms are positive, at most 400 in a chunk's chain; 1 - p and its root take some more roundings
      const allowed = (value: number) => 430 * UNIT_ROUNDOFF * value
      expect(worst(w, weight, allowed)).toBeLessThan(1)
      expect(worst(b, bias, allowed)).toBeLessThan(1)
    },
  )

  it('weighs every sample alike: the mean of halves is the whole', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const of = (set: ReturnType<typeof blobs>) => fisherDiagonal(model, set, { estimator: 'exact', random: random() })
    const whole = blobs({ count: 800, features: 6, classes: 4 })
    const halves = [0, 1].map((half) => {
      const [from, to] = [half * 400, (half + 1) * 400]
      return of({
        ...whole,
        count: 400,
        inputs: whole.inputs.slice(6 * from, 6 * to),
        labels: whole.labels.slice(from, to),
      })
    })
    const mean = new Map(
      model.parameters().map((parameter) => {
        const [a, b] = halves.map((half) => half.get(parameter) as Float32Array) as [Float32Array, Float32Array]
        return [parameter, Float64Array.from(a, (value, i) => (value + (b[i] as number)) / 2)]
      }),
    )
    expect(error(of(whole), mean)).toBeLessThan(0.01)
  })

  it('has the same bits each time, whatever the generator', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const set = blobs({ count: 405, features: 6, classes: 4 })
    const of = (seed: number) => fisherDiagonal(model, set, { estimator: 'exact', random: Random.from(seed) })
    expect([...of(1).values()]).toEqual([...of(2).values()])
    expect(error(of(1), precise(of(2)))).toBe(0)
  })
})

const zeros = <K>(values: ReadonlyMap<K, Float64Array>): Map<K, Float64Array> =>
  new Map([...values].map(([key, { length }]) => [key, new Float64Array(length)]))

function add(total: Float64Array | undefined, at: number, value: number): void {
  if (total) total[at] = (total[at] as number) + value
}
