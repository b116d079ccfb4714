import { expect, test } from 'vitest'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { WeightAverage } from '../../src/optim/weight-average.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, codeOf, stateOf, worst } from '../toy.ts'

test('the mean of the weights over the steps that were added, rounded once', async () => {
  const set = blobs({ count: 90 })
  const model = new Mlp([set.features, 6, set.classes], { seed: 2 })
  const learner = new Learner(model, { optimizer: new Adam() })
  const average = new WeightAverage(model.parameters())
  const seen: Float32Array[][] = []
  for await (const { type, step, steps } of learner.fit(set, { epochs: 4, batchSize: 30, every: 1 })) {
    if (type !== 'step' || step <= steps - 5) continue
    average.add()
    seen.push(model.parameters().map(({ data }) => data.slice()))
  }
  expect(average.count).toBe(5)
  average.apply()
  model.parameters().forEach(({ data }, index) => {
    const mean = data.map((_, i) => seen.reduce((sum, arrays) => sum + (arrays[index]?.[i] as number), 0) / 5)
    expect(worst(data, mean, (at) => Math.abs(mean[at] as number) + 1e-6)).toBeLessThan(2 ** -23)
  })
  expect(average.count).toBe(0)
})

test('of one step it is that step, and of none it is refused', () => {
  const model = new Mlp([3, 2], { seed: 1 })
  const average = new WeightAverage(model.parameters())
  const before = stateOf(model)
  expect(codeOf(() => average.apply())).toBe('EMPTY_SET')
  average.add()
  average.apply()
  expect(stateOf(model)).toBe(before)
})

// theta walks about 0 by SGD on a noisy quadratic: the stationary variance of one iterate is about rate / 2 of the noise's,
// that of a mean of n of them about 1 / n (Polyak and Juditsky 1992, theorem 1)
test('is nearer to the minimum than the last step', () => {
  const model = new Mlp([1, 200], { seed: 1 })
  const [weight] = model.parameters()
  if (!weight) throw new Error('no weight')
  weight.data.fill(0)
  const random = Random.from(5)
  const optimizer = new Sgd({ learningRate: 0.5 })
  const average = new WeightAverage([weight])
  const size = () => Math.sqrt(weight.data.reduce((sum, value) => sum + value * value, 0) / weight.size)
  for (let step = 0; step < 1000; step++) {
    weight.gradient.set(weight.data.map((value) => value + (random.uniform() - 0.5) * Math.sqrt(12)))
    optimizer.step([weight])
    average.add()
  }
  const last = size()
  average.apply()
  // sqrt(0.5 / (2 - 0.5)) and sqrt(1 / 1000)
  expect(last).toBeGreaterThan(0.5)
  expect(last).toBeLessThan(0.65)
  expect(size()).toBeLessThan(0.04)
})
