import { describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { differences, float64 } from '../nn/float64.ts'
import { blobs, inputsOf, largest, nudge, stateOf, worst } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 17 })
const [x, y] = [inputsOf(set), set.labels]

const nets = [
  { sizes: [6, 4], batchNorm: false },
  { sizes: [6, 9, 5, 4], batchNorm: false },
  { sizes: [6, 9, 5, 4], batchNorm: true },
]

/** mean over the rows of -log p(label), in float64 */
function crossEntropy(model: Mlp) {
  const plain = float64(model)
  const loss = () =>
    plain.logP(x, 'training').reduce((sum, row, n) => sum - (row[y[n] as number] as number), 0) / y.length
  return { plain, loss }
}

describe.each(nets)('step of $sizes, BatchNorm $batchNorm', ({ sizes, batchNorm }) => {
  it('returns the mean cross-entropy before the change', () => {
    const model = new Mlp(sizes, { seed: 1, batchNorm })
    const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }) })
    for (let i = 0; i < 5; i++) {
      const expected = crossEntropy(model).loss()
      // logits of the order of 1 after at most 4 layers of 9 terms: 50 roundings
      expect(Math.abs(learner.step(x, y) - expected)).toBeLessThan(50 * 2 ** -24)
    }
  })

  it('moves every weight against its gradient, which finite differences of a float64 loss confirm', () => {
    const model = new Mlp(sizes, { seed: 1, batchNorm })
    const { plain, loss } = crossEntropy(model)
    const gradients = [...plain.values.values()].map((values) => differences(values, loss))
    const before = model.parameters().map(({ data }) => data.slice())
    new Learner(model, { optimizer: new Sgd({ learningRate: 0.5 }) }).step(x, y)
    model.parameters().forEach(({ data }, p) => {
      const moved = Float64Array.from(data, (value, i) => ((before[p]?.[i] as number) - value) / 0.5)
      // weights of the order of 1 are rounded once, gradients some 50 times
      expect(worst(moved, gradients[p] as Float64Array, () => 60 * 2 ** -24)).toBeLessThan(1)
    })
    expect(Math.max(...gradients.map(largest))).toBeGreaterThan(0.05)
  })
})

describe('step with a method', () => {
  it('reports the penalty beside the loss: null, then 0, then what the method says before the step', () => {
    const model = new Mlp([6, 9, 4])
    const method = new Ewc({ lambda: 10 })
    const learner = new Learner(model, { optimizer: new Adam(), method })
    expect(learner.penalty).toBeNull()
    learner.step(x, y)
    expect(learner.penalty).toBeNull()
    learner.consolidate(set)
    const loss = crossEntropy(model).loss()
    // the penalty is no part of the loss
    nudge(model.parameters(), Random.from(1), 0.3)
    const moved = crossEntropy(model).loss()
    const penalty = method.penalty(model.parameters())
    expect(penalty).toBeGreaterThan(0.05)
    expect(Math.abs(learner.step(x, y) - moved)).toBeLessThan(50 * 2 ** -24)
    expect(Math.abs(moved - loss)).toBeGreaterThan(0)
    expect(learner.penalty).toBe(penalty)
  })

  it('without one, or with lambda 0, has the same bits', () => {
    const run = (method: Ewc | null) => {
      const model = new Mlp([6, 9, 4], { batchNorm: true })
      const learner = new Learner(model, { optimizer: new Adam(), method })
      for (let i = 0; i < 4; i++) learner.step(x, y)
      learner.consolidate(set)
      for (let i = 0; i < 4; i++) learner.step(x, y)
      return { bits: stateOf(model), penalty: learner.penalty }
    }
    expect(run(new Ewc({ lambda: 0 })).bits).toBe(run(null).bits)
    expect(run(new Ewc({ lambda: 1 })).bits).not.toBe(run(null).bits)
    expect(run(null).penalty).toBeNull()
    expect(run(new Ewc({ lambda: 0 })).penalty).toBe(0)
  })
})
