import { describe, expect, it } from 'vitest'
import { type FisherEstimator, fisherDiagonal } from '../../src/continual/fisher.ts'
import { type LabelledSet, labelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { blobs, codeOf, stateOf, watched } from '../toy.ts'
import { exactly, lived, loopFisher, samplesOf } from './loop.ts'

describe('sampled', () => {
  it('is exact in expectation, and as scattered as one draw a sample must be', () => {
    const model = lived(new Mlp([5, 6, 4], { batchNorm: true }))
    const set = blobs({ count: 405, features: 5, classes: 4 })
    const samples = samplesOf(model, set)
    const [exact, fourth] = [loopFisher(samples, exactly), fourthMoments(samples)]
    const draws = 40
    const random = Random.from(3)
    const sums = new Map(model.parameters().map((parameter) => [parameter, new Float64Array(parameter.size)]))
    for (let draw = 0; draw < draws; draw++)
      for (const [parameter, values] of fisherDiagonal(model, set, { estimator: 'sampled', random }))
        sums.get(parameter)?.forEach((sum, i, all) => {
          all[i] = sum + (values[i] as number) / draws
        })
    // the variance of the mean: that of one draw a sample, sum p g^4 - (sum p g^2)^2, over samples and draws
    const scores = [...sums]
      .flatMap(([parameter, means]) =>
        Array.from(means, (mean, i) => {
          const variance = (fourth.get(parameter)?.[i] as number) / (draws * set.count)
          return variance > 1e-18 ? (mean - (exact.get(parameter)?.[i] as number)) / Math.sqrt(variance) : 0
        }),
      )
      .filter((score) => score !== 0)
    // elements share draws, so that their scores are dependent: 16,200 draws make each nearly normal, and the mean
    // square of all lies around 1
    expect(scores.length).toBeGreaterThan(50)
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5)
    const meanSquare = scores.reduce((sum, score) => sum + score * score, 0) / scores.length
    expect(meanSquare).toBeGreaterThan(0.3)
    expect(meanSquare).toBeLessThan(3)
  })

  it('draws from its generator: the same state the same labels, a later state others', () => {
    const model = lived(new Mlp([5, 6, 4]))
    const set = blobs({ count: 30, features: 5, classes: 4 })
    const random = Random.from(1)
    const twin = Random.restore(random.state)
    const draw = (from: Random) => [...fisherDiagonal(model, set, { estimator: 'sampled', random: from }).values()]
    const [first, second] = [draw(random), draw(random)]
    expect(second).not.toEqual(first)
    expect([draw(twin), draw(twin)]).toEqual([first, second])
  })
})

/** the mean over samples of the variance of g^2 under the model's own labels */
function fourthMoments(samples: ReturnType<typeof samplesOf>): Map<Parameter, Float64Array> {
  const parameters = [...samples[0]!.squares[0]!.keys()]
  return new Map(
    parameters.map((parameter) => {
      const variances = Float64Array.from({ length: parameter.size }, (_, i) => {
        const of = ({ p, squares }: (typeof samples)[number]) => {
          const values = squares.map((square) => square.get(parameter)?.[i] as number)
          const mean = values.reduce((sum, value, c) => sum + (p[c] as number) * value, 0)
          return values.reduce((sum, value, c) => sum + (p[c] as number) * (value - mean) ** 2, 0)
        }
        return samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
      })
      return [parameter, variances]
    }),
  )
}

describe('some samples of a set', () => {
  /** sample n is white at feature n alone, so that a column of the Fisher tells whether it was drawn, and how often */
  const single = (count: number): LabelledSet => {
    const inputs = new Uint8Array(count * count)
    for (let n = 0; n < count; n++) inputs[n * count + n] = 255
    return labelledSet({ name: 'single', inputs, labels: new Uint8Array(count), features: count, classes: 3 })
  }

  const drawn = (samples: number, random: Random): number[] => {
    const set = single(40)
    // every row has the same logits as far as the weights go: they are 0, and p is 1 / 3
    const model = new Mlp([40, 3])
    for (const { data } of model.parameters()) data.fill(0)
    const [weight] = [...fisherDiagonal(model, set, { estimator: 'exact', samples, random }).values()]
    return Array.from({ length: 40 }, (_, n) => ((weight?.[n] as number) * samples) / ((1 / 3) * (2 / 3)))
  }

  it('are drawn without replacement, as many as asked, each counted once', () => {
    for (const samples of [1, 13, 39]) {
      const times = drawn(samples, Random.from(samples))
      expect(times.filter((time) => time > 0)).toHaveLength(samples)
      for (const time of times) expect(Math.abs(time - Math.round(time))).toBeLessThan(1e-5)
      expect(Math.max(...times.map(Math.round))).toBe(1)
    }
    for (const samples of [40, 41, 1000]) expect(drawn(samples, Random.from(1)).every((time) => time > 0)).toBe(true)
  })

  it('are the same for the same state of the generator, and others for another', () => {
    expect(drawn(13, Random.from(5))).toEqual(drawn(13, Random.from(5)))
    expect(drawn(13, Random.from(5))).not.toEqual(drawn(13, Random.from(6)))
  })
})

describe('every estimator', () => {
  const set = blobs({ count: 23, features: 5, classes: 4 })
  const estimators: FisherEstimator[] = ['exact', 'sampled', 'empirical']

  it.each(estimators)(
    '%s leaves weights and running statistics as they were, in evaluation and in training',
    (estimator) => {
      const model = lived(new Mlp([5, 6, 4], { batchNorm: true }))
      const before = stateOf(model)
      fisherDiagonal(model, set, { estimator, samples: 17, random: Random.from(1) })
      expect(stateOf(model)).toBe(before)
    },
  )

  it.each(estimators)('%s refuses what has no diagonal', (estimator) => {
    const model = new Mlp([5, 6, 4])
    const code = (net: Classifier, of: LabelledSet, samples?: number) =>
      codeOf(() =>
        fisherDiagonal(net, of, { estimator, random: Random.from(1), ...(samples === undefined ? {} : { samples }) }),
      )
    expect(code(model, blobs({ features: 6, classes: 4 }))).toBe('SHAPE')
    // a label that the model has no output for would be read from the next row
    expect(code(model, blobs({ features: 5, classes: 5 }))).toBe('LABEL_OUT_OF_RANGE')
    for (const samples of [0, -3, 2.5, 23.5, Number.NaN]) expect(code(model, set, samples)).toBe('INVALID_ARGUMENT')
    const mixing = new Mlp([5, 6, 4], { batchNorm: true })
    const training: Classifier = { ...like(mixing), forward: (x) => mixing.forward(x, 'training') }
    const before = stateOf(mixing)
    expect(code(training, set)).toBe('NO_SQUARED_GRADIENT')
    expect(stateOf(mixing)).toBe(before)
    const square = new Mlp([5, 5])
    const twice: Classifier = { ...like(square), forward: (x, mode) => square.forward(square.forward(x, mode), mode) }
    expect(code(twice, blobs({ features: 5, classes: 5 }))).toBe('PARAMETER_REUSED')
  })

  it.each(estimators)(
    '%s looks at 400 rows at a time, which decides the order of its sums and so its bits',
    (estimator) => {
      const model = new Mlp([5, 4])
      const passes: [number, string][] = []
      const spied = watched(model, (x, mode) => passes.push([x.shape[0], mode]))
      fisherDiagonal(spied, blobs({ count: 811, features: 5, classes: 4 }), { estimator, random: Random.from(1) })
      expect(passes).toEqual([
        [400, 'evaluation'],
        [400, 'evaluation'],
        [11, 'evaluation'],
      ])
    },
  )

  it('is one that is known', () => {
    const estimator = 'emprical' as FisherEstimator
    expect(codeOf(() => fisherDiagonal(new Mlp([5, 4]), set, { estimator, random: Random.from(1) }))).toBe(
      'INVALID_ARGUMENT',
    )
  })
})

const like = (model: Mlp) => ({
  inputs: model.inputs,
  outputs: model.outputs,
  seed: model.seed,
  parameters: () => model.parameters(),
})
