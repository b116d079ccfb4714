import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { articleDiagonal } from '../../src/continual/article.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import { type FisherEstimator, fisherDiagonal } from '../../src/continual/fisher.ts'
import { split } from '../../src/data/streams.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, inputsOf, thrown } from '../toy.ts'

const [HIDDEN, CLASSES] = [5, 6]
const sets = { train: blobs({ classes: CLASSES, seed: 1 }), test: blobs({ classes: CLASSES, seed: 1 }) }
const tasks = split(sets, 3, { labels: 'within' })
const seen = split(sets, 3, { labels: 'seen' })
const make = () => new Heads(new Mlp([8, HIDDEN, CLASSES], { seed: 3 }))

/** the last layer's numbers, an output each */
const outputsOf = (model: Heads, of: (parameter: Parameter) => ArrayLike<number>): number[][] => {
  const [weight, bias] = model
    .parameters()
    .slice(-2)
    .map((parameter) => Array.from(of(parameter)))
  return Array.from({ length: CLASSES }, (_, c) => [...weight!.slice(c * HIDDEN, (c + 1) * HIDDEN), bias![c]!])
}
const valuesOf = (model: Heads) => outputsOf(model, ({ data }) => data)
const ZERO = Array(HIDDEN + 1).fill(0)

const logits = (model: Heads, mode: 'training' | 'evaluation' = 'evaluation') =>
  new Tape().step((tape) => model.forward(tape.input(inputsOf(sets.test), [sets.test.count, 8]), mode).read())

describe('a head', () => {
  it('shows its outputs, with the bits of the model', () => {
    const model = make()
    const all = logits(model)
    expect(model.outputs).toBe(CLASSES)
    const head = logits(model.use(2, 4))
    expect([model.from, model.to, model.outputs, model.inputs, model.seed]).toEqual([2, 4, 2, 8, 3])
    expect(head).toEqual(all.filter((_, i) => i % CLASSES >= 2 && i % CLASSES < 4))
    expect(logits(model.use(0, CLASSES))).toEqual(all)
    expect(model.parameters()).toBe(model.model.parameters())
  })

  it('grows: what it answered before is bit-equal', () => {
    const model = make()
    const [two, four] = [logits(model.use(0, 2)), logits(model.use(0, 4))]
    expect(four.filter((_, i) => i % 4 < 2)).toEqual(two)
  })

  it('gives the other heads no gradient', () => {
    const model = make().use(2, 4)
    const set = tasks[1]!.train()
    new Tape().step((tape) => {
      const loss = softmaxCrossEntropy(model.forward(tape.input(inputsOf(set), [set.count, 8]), 'training'), set.labels)
      tape.backward(loss, model.parameters())
    })
    outputsOf(model, ({ gradient }) => gradient).forEach((row, c) => {
      if (c === 2 || c === 3) expect(row[HIDDEN]).not.toBe(0)
      else expect(row).toEqual(ZERO)
    })
  })

  it.each<FisherEstimator>(['exact', 'sampled', 'empirical'])('has a Fisher of its own, %s', (estimator) => {
    const model = make().use(2, 4)
    const set = tasks[1]!.train()
    const fisher = fisherDiagonal(model, set, { estimator, random: Random.from(1) })
    const rows = outputsOf(model, (parameter) => fisher.get(parameter)!)
    rows.forEach((row, c) => {
      if (c === 2 || c === 3) expect(row[HIDDEN]).toBeGreaterThan(0)
      else expect(row).toEqual(ZERO)
    })
    // a model that has this head alone
    const alone = new Mlp([8, HIDDEN, 2], { seed: 3 })
    const wide = model.parameters()
    alone.parameters().forEach(({ data, shape }, index) => {
      const from = index < 2 ? 0 : 2 * (shape.length === 2 ? HIDDEN : 1)
      data.set(wide[index]!.data.subarray(from, from + data.length))
    })
    const expected = fisherDiagonal(alone, set, { estimator, random: Random.from(1) })
    alone.parameters().forEach((parameter, index) => {
      const from = index < 2 ? 0 : 2 * (parameter.shape.length === 2 ? HIDDEN : 1)
      expect(fisher.get(wide[index]!)!.subarray(from, from + parameter.size)).toEqual(expected.get(parameter))
    })
  })

  it("is what the article's estimator sees", () => {
    const model = make().use(2, 4)
    const diagonal = articleDiagonal({
      model,
      set: tasks[1]!.train(),
      batchSize: 5,
      batches: null,
      random: Random.from(1),
    })
    const rows = outputsOf(model, (parameter) => diagonal.get(parameter)!)
    expect(rows.map((row) => row.some((value) => value > 0))).toEqual([false, false, true, true, false, false])
  })

  it('refuses a range outside the model, and keeps what it shows', () => {
    const model = make().use(2, 4)
    for (const [from, to] of [
      [-1, 2],
      [3, 3],
      [4, 2],
      [0, 7],
      [0.5, 2],
      [0, NaN],
    ] as const)
      expect(thrown(() => model.use(from, to))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`${from} to ${to}`),
      })
    expect([model.from, model.to]).toEqual([2, 4])
  })
})

describe('learning one head a task', () => {
  const learn = async (reset: boolean, method: Ewc | null) => {
    const model = make()
    const optimizer = new Adam({ learningRate: 0.01 })
    const learner = new Learner(model, { optimizer, method })
    for (const [task, { train }] of tasks.entries()) {
      model.use(2 * task, 2 * task + 2)
      const before = valuesOf(model)
      if (reset) optimizer.reset()
      const set = train()
      await drain(learner.fit(set, { epochs: 20, batchSize: 10 }))
      const changed = valuesOf(model).map((row, c) => String(row) !== String(before[c]))
      if (method) expect(changed.slice(2 * task, 2 * task + 2)).toEqual([true, true])
      else if (reset || task === 0) expect(changed).toEqual(changed.map((_, c) => Math.floor(c / 2) === task))
      else expect(changed.slice(0, 2 * task)).not.toContain(false)
      if (method) learner.consolidate(set)
    }
    return { model, learner }
  }

  it('moves no other head, if the optimizer forgot', () => learn(true, null))

  it('goes on moving them by its moments, if it did not', () => learn(false, null))

  it('keeps what the old heads need', async () => {
    const { model, learner } = await learn(true, new Ewc({ lambda: 10 }))
    const accuracies = tasks.map(({ test }, task) => {
      model.use(2 * task, 2 * task + 2)
      return learner.evaluate(test()).accuracy
    })
    expect(Math.min(...accuracies)).toBeGreaterThan(0.9)
    const { labels, probabilities } = learner.predict(inputsOf(sets.test))
    expect(probabilities).toHaveLength(2 * sets.test.count)
    expect(Math.max(...labels)).toBe(1)
  })
})

describe('a head that grows with the classes seen', () => {
  it('takes the classes seen, and refuses those to come', async () => {
    const model = make()
    const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }) })
    for (const { train, test, classes } of seen) {
      model.use(0, classes)
      await drain(learner.fit(train(), { epochs: 20, batchSize: 10 }))
      expect(learner.evaluate(test()).accuracy).toBeGreaterThan(0.9)
    }
    model.use(0, 2)
    expect(thrown(() => learner.consolidate(seen[1]!.train())).code).toBe('LABEL_OUT_OF_RANGE')
  })
})
