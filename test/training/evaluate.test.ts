import { describe, expect, it } from 'vitest'
import { labelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { lived } from '../continual/loop.ts'
import { float64 } from '../nn/float64.ts'
import { blobs, inputsOf, nudge, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'

// a chunk is 1,000 rows: this is one, and a bit
const set = blobs({ features: 7, classes: 5, count: 1003, spread: 90 })
const model = lived(new Mlp([7, 11, 5], { seed: 1, batchNorm: true }))
nudge(model.parameters(), Random.from(3), 1)
const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }) })

describe('predict', () => {
  const together = learner.predict(inputsOf(set))

  it('gives a row the same bits alone and among others', () => {
    const x = inputsOf(set)
    for (let row = 0; row < set.count; row++) {
      const { labels, probabilities } = learner.predict(x.subarray(7 * row, 7 * row + 7))
      expect(labels[0]).toBe(together.labels[row])
      expect(probabilities).toEqual(together.probabilities.subarray(5 * row, 5 * row + 5))
    }
    const some = learner.predict(x.subarray(7 * 990, 7 * 1003))
    expect(some.probabilities).toEqual(together.probabilities.subarray(5 * 990))
  })

  it('gives the softmax of a float64 forward, and its largest class', () => {
    const logP = float64(model).logP(inputsOf(set), 'evaluation')
    expect(together.labels).toHaveLength(1003)
    // p below 1, from logits of the order of 10 after 2 layers of 11 terms
    const allowed = () => 10 * 30 * UNIT_ROUNDOFF
    expect(worst(together.probabilities, logP.flat().map(Math.exp), allowed)).toBeLessThan(1)
    together.labels.forEach((label, n) => {
      const row = logP[n] as readonly number[]
      expect(row[label]).toBeGreaterThan(Math.max(...row) - 1e-5)
    })
    for (let row = 0; row < 1003; row++) {
      const sum = together.probabilities.subarray(5 * row, 5 * row + 5).reduce((a, b) => a + b, 0)
      expect(Math.abs(sum - 1)).toBeLessThan(8 * UNIT_ROUNDOFF)
    }
  })

  it('takes the lowest of equal classes', () => {
    const blank = new Mlp([7, 5])
    for (const { data } of blank.parameters()) data.fill(0)
    const { labels, probabilities } = new Learner(blank, { optimizer: new Sgd({ learningRate: 0.1 }) }).predict(
      new Float32Array(14),
    )
    expect([...labels]).toEqual([0, 0])
    expect(probabilities).toEqual(new Float32Array(10).fill(0.2))
  })
})

describe('evaluate', () => {
  it('counts what predict gets right, and means the cross-entropy', () => {
    const { labels } = learner.predict(inputsOf(set))
    const right = labels.reduce((sum, label, n) => sum + Number(label === set.labels[n]), 0)
    const { accuracy, loss, count } = learner.evaluate(set)
    expect(count).toBe(1003)
    expect(accuracy).toBe(right / 1003)
    expect(right).toBeGreaterThan(50)
    expect(right).toBeLessThan(950)
    const logP = float64(model).logP(inputsOf(set), 'evaluation')
    const expected = logP.reduce((sum, row, n) => sum - (row[set.labels[n] as number] as number), 0) / 1003
    expect(Math.abs(loss - expected)).toBeLessThan(300 * UNIT_ROUNDOFF)
  })

  it('is of a set of one row what it is of any', () => {
    const one = labelledSet({ ...set, count: 1, inputs: set.inputs.slice(0, 7), labels: set.labels.slice(0, 1) })
    const { labels, probabilities } = learner.predict(inputsOf(one))
    const { accuracy, loss, count } = learner.evaluate(one)
    expect([accuracy, count]).toEqual([Number(labels[0] === one.labels[0]), 1])
    expect(loss).toBeCloseTo(-Math.log(probabilities[one.labels[0] as number] as number), 5)
  })

  it('and predict change nothing', () => {
    const before = stateOf(model)
    learner.evaluate(set)
    learner.predict(inputsOf(set))
    expect(stateOf(model)).toBe(before)
  })

  it('takes a set of fewer classes than the model has outputs', () => {
    expect(learner.evaluate(blobs({ features: 7, classes: 2, count: 10 })).count).toBe(10)
  })
})
