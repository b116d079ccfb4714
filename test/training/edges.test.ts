import { describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, inputsOf } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 40 })
const narrow = blobs({ features: 5, classes: 4 })

describe('a consolidation that has nothing to hold', () => {
  it('is refused, and the learner goes on without a penalty', () => {
    const model = new Mlp([6, 1])
    const learner = new Learner(model, { optimizer: new Adam(), method: new Ewc({ lambda: 1 }) })
    const one = blobs({ features: 6, classes: 1, count: 12 })
    // one class is certain: its log-likelihood is 0 whatever the weights
    expect(() => learner.consolidate(one)).toThrow(expect.objectContaining({ code: 'PENALTY_POWERLESS' }))
    learner.step(inputsOf(one), one.labels)
    expect(learner.penalty).toBeNull()
  })

  it('is refused to the article estimator on a set smaller than a batch', () => {
    const learner = new Learner(new Mlp([6, 4]), {
      optimizer: new Adam(),
      method: new Ewc({ lambda: 1, estimator: 'article' }),
    })
    expect(() => learner.consolidate(set, { batchSize: 41 })).toThrow(expect.objectContaining({ code: 'EMPTY_SET' }))
  })

  it('without a method does nothing, but looks at its arguments', () => {
    const learner = new Learner(new Mlp([6, 4]), { optimizer: new Adam() })
    expect(learner.consolidate(set)).toBeUndefined()
    expect(() => learner.consolidate(narrow)).toThrow(expect.objectContaining({ code: 'SHAPE' }))
  })
})

describe('a seed that is none', () => {
  it('is refused by the learner', () => {
    for (const seed of [-1, 0.5, Number.NaN])
      expect(() => new Learner(new Mlp([6, 4]), { optimizer: new Adam(), seed })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
  })
})

describe('numbers that are large, but numbers', () => {
  it('are no error: their sum may overflow', () => {
    const learner = new Learner(new Mlp([6, 4], { seed: 1 }), { optimizer: new Adam() })
    const large = new Float32Array(12).fill(3e38)
    for (const weight of learner.model.parameters()) weight.data.fill(1e-38)
    expect([...learner.predict(large).labels]).toEqual([0, 0])
  })
})
