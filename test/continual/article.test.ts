import { describe, expect, it } from 'vitest'
import { articleDiagonal } from '../../src/continual/article.ts'
import type { Task } from '../../src/continual/method.ts'
import { batches } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { differences, float64, type Moments, moments } from '../nn/float64.ts'
import { blobs, codeOf, hashOf, stateOf, UNIT_ROUNDOFF, watched, worst } from '../toy.ts'
import { error, lived } from './loop.ts'

/** `_update_fisher_params` of the article's code, line by line, in float64, its gradient by differences */
function literal(model: Mlp, set: LabelledSet, batchSize: number, numBatch: number, random: Random) {
  const plain = float64(model)
  const loader = [...batches(set, { size: batchSize, shuffle: true, seed: random })]
  const logLikelihood = () => {
    const logLikelihoods: number[] = []
    for (const [i, { x: input, y: target }] of loader.entries()) {
      if (i > numBatch || target.length < batchSize) break
      const output = plain.logP(input, 'training')
      // output[:, target]: every row at every label of the batch
      for (const row of output) for (const label of target) logLikelihoods.push(row[label] as number)
    }
    return logLikelihoods.reduce((sum, value) => sum + value, 0) / logLikelihoods.length
  }
  const start = logLikelihood()
  return new Map(
    [...plain.values].map(([parameter, values]) => [
      parameter,
      differences(values, () => logLikelihood() - start).map((gradient) => gradient ** 2),
    ]),
  )
}

const taskOf = (
  model: Mlp,
  set: LabelledSet,
  batchSize: number,
  limit: number | null,
  random = Random.from(4),
): Task => ({
  model,
  set,
  batchSize,
  batches: limit,
  random,
})

const ofModel = (task: Task, model: Mlp, seen: Parameters<typeof watched>[1]): Task => ({
  ...task,
  model: watched(model, seen),
})

describe("the article's estimator", () => {
  const set = blobs({ count: 43, features: 5, classes: 3, spread: 120 })

  it.each([
    { sizes: [5, 3], batchNorm: false, limit: 2 },
    { sizes: [5, 6, 3], batchNorm: false, limit: 1 },
    { sizes: [5, 6, 4, 3], batchNorm: true, limit: 3 },
    { sizes: [5, 6, 3], batchNorm: true, limit: 50 },
  ])('is the literal one in float64: %o', ({ sizes, batchNorm, limit }) => {
    const model = lived(new Mlp(sizes, { batchNorm }))
    const expected = literal(model, set, 10, limit, Random.from(4))
    const found = articleDiagonal(taskOf(model, set, 10, limit))
    // squares of sums that cancel in part, and BatchNorm divides by deviations below 1: twice what `error` explains
    expect(error(found, expected)).toBeLessThan(2)
    // one batch more or less makes another number
    expect(error(found, literal(model, set, 10, Math.min(limit, 3) - 1, Random.from(4)))).toBeGreaterThan(1e4)
  })

  it('looks at one batch more than asked, all of the same size, and leaves a last partial one out', () => {
    const model = new Mlp([5, 6, 3])
    const rowsSeen = (count: number, limit: number | null): number[] => {
      const rows: number[] = []
      const some = blobs({ count, features: 5, classes: 3 })
      articleDiagonal(
        ofModel(taskOf(model, some, 10, limit), model, (x, mode) => {
          expect(mode).toBe('training')
          rows.push(x.shape[0])
        }),
      )
      return rows
    }
    const tens = (times: number) => new Array<number>(times).fill(10)
    expect(rowsSeen(60, 1)).toEqual(tens(2))
    expect(rowsSeen(60, 3)).toEqual(tens(4))
    expect(rowsSeen(43, 100)).toEqual(tens(4))
    expect(rowsSeen(43, null)).toEqual(tens(4))
    expect(rowsSeen(10, 1)).toEqual(tens(1))
  })

  it('moves the running statistics of BatchNorm, batch by batch, and no weight', () => {
    const model = lived(new Mlp([5, 6, 3], { batchNorm: true }))
    const [norm] = model.norms
    const weights = () => hashOf(model.parameters().map(({ data }) => data))
    const before = weights()
    let [mean, variance] = [[...norm!.runningMean], [...norm!.runningVariance]]
    const [weight, bias] = model.parameters()
    for (const { x } of [...batches(set, { size: 10, shuffle: true, seed: Random.from(4) })].slice(0, 3)) {
      const hidden = Array.from({ length: 10 }, (_, row) =>
        Array.from(bias!.data, (start, o) => {
          const terms = Array.from({ length: 5 }, (_, i) => weight!.data[o * 5 + i]! * x[row * 5 + i]!)
          return Math.max(
            0,
            terms.reduce((sum, term) => sum + term, start),
          )
        }),
      )
      const batch = moments(hidden)
      mean = mean.map((old, i) => 0.9 * old + 0.1 * (batch[i] as Moments).mean)
      variance = variance.map((old, i) => 0.9 * old + (0.1 * (batch[i] as Moments).variance * 10) / 9)
    }
    articleDiagonal(taskOf(model, set, 10, 2))
    expect(weights()).toBe(before)
    // means and variances of the order of 1, three batches of ten rows
    const allowed = () => 3 * 30 * UNIT_ROUNDOFF
    expect(worst(norm!.runningMean, mean, allowed)).toBeLessThan(1)
    expect(worst(norm!.runningVariance, variance, allowed)).toBeLessThan(1)
  })

  it('draws its batches from the generator', () => {
    const model = new Mlp([5, 6, 3])
    const values = (random: Random) => [...articleDiagonal(taskOf(model, set, 10, 1, random)).values()]
    expect(values(Random.from(1))).toEqual(values(Random.from(1)))
    expect(values(Random.from(1))).not.toEqual(values(Random.from(2)))
  })

  it('refuses a set smaller than a batch, and one that does not fit the model', () => {
    const model = new Mlp([5, 6, 3], { batchNorm: true })
    const before = stateOf(model)
    expect(codeOf(() => articleDiagonal(taskOf(model, set, 44, null)))).toBe('EMPTY_SET')
    expect(codeOf(() => articleDiagonal(taskOf(model, blobs({ features: 4 }), 10, null)))).toBe('SHAPE')
    const more = blobs({ features: 5, classes: 4 })
    expect(codeOf(() => articleDiagonal(taskOf(model, more, 10, null)))).toBe('LABEL_OUT_OF_RANGE')
    expect(stateOf(model)).toBe(before)
  })
})
