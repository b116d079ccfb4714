import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import { type Activation, Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { lived } from '../continual/loop.ts'
import { blobs, codeOf, drain, nudge, numbers, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'

const logits = (model: Mlp, x: Float32Array): Float32Array =>
  new Tape().step((tape) => model.forward(tape.input(x, [x.length / model.inputs, model.inputs]), 'evaluation').read())

/** the first columns of rows of `width` */
const first = (values: Float32Array, width: number, columns: number) => values.filter((_, i) => i % width < columns)

const make = (sizes: readonly number[], activation: Activation = 'relu', batchNorm = false): Mlp =>
  lived(new Mlp(sizes, { seed: 4, activation, batchNorm }))

describe.each([
  ['relu', false],
  ['relu', true],
  ['leaky-relu', false],
  ['leaky-relu', true],
] as const)('%s, BatchNorm %s', (activation, batchNorm) => {
  // sums in chains, in lanes for few columns, and in lanes for long rows
  it.each([
    [[7, 20, 3], 5],
    [[7, 20, 10], 40],
    [[7, 9, 70, 2], 16],
    [[7, 600, 10], 30],
    [[7, 3], 6],
  ] as const)('%j grown to %i classes keeps the bits of its old logits', (sizes, classes) => {
    const model = make(sizes, activation, batchNorm)
    const [held, x] = [stateOf(model), numbers(9 * 7, Random.from(1))]
    const grown = model.grown(classes)
    expect([grown.inputs, grown.outputs, grown.seed]).toEqual([7, classes, 4])
    expect(first(logits(grown, x), classes, model.outputs)).toEqual(logits(model, x))
    expect(stateOf(model)).toBe(held)
  })

  it('starts new rows as a new network would, and shares no memory', () => {
    const model = make([7, 6, 3], activation, batchNorm)
    const grown = model.grown(5)
    const fresh = new Mlp([7, 6, 5], { seed: 4, activation, batchNorm }).parameters()
    grown.parameters().forEach((parameter, index) => {
      const old = model.parameters()[index]!
      expect([parameter.name, parameter.data.subarray(0, old.size)]).toEqual([old.name, old.data])
      expect(parameter.data.subarray(old.size)).toEqual(fresh[index]!.data.subarray(old.size))
      expect(parameter.shape).toEqual(fresh[index]!.shape)
    })
    const held = stateOf(model)
    nudge(grown.parameters(), Random.from(1))
    for (const { runningMean } of grown.norms) runningMean.fill(7)
    expect(stateOf(model)).toBe(held)
  })
})

it('keeps frozen statistics frozen', () => {
  const model = make([7, 6, 3], 'relu', true)
  expect(model.grown(4).norms.map(({ frozen }) => frozen)).toEqual([false])
  model.freezeStatistics()
  expect(model.grown(4).norms.map(({ frozen }) => frozen)).toEqual([true])
})

it('agrees to rounding where sums run in another order beyond 16 classes', () => {
  const model = make([7, 100, 10])
  const x = numbers(9 * 7, Random.from(1))
  const [old, now] = [logits(model, x), first(logits(model.grown(17), x), 17, 10)]
  expect(now).not.toEqual(old)
  expect(worst(now, old, () => 100 * UNIT_ROUNDOFF * 10)).toBeLessThan(1)
})

it('refuses fewer classes, and what is no number of them', () => {
  const model = make([7, 6, 3])
  for (const classes of [2, 0, -1, 3.5, Number.NaN, Infinity])
    expect(codeOf(() => model.grown(classes))).toBe('INVALID_ARGUMENT')
  expect(stateOf(model.grown(3))).toBe(stateOf(model))
})

describe('EWC goes on with a grown network', () => {
  const options = { lambda: 50 }
  const [old, all] = [blobs({ classes: 3, seed: 1 }), blobs({ classes: 5, seed: 2 })]
  const x = numbers(9 * 8, Random.from(2))

  const learnt = async () => {
    const model = new Mlp([8, 12, 3], { seed: 1 })
    const ewc = new Ewc(options)
    const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }), method: ewc })
    await drain(learner.fit(old, { epochs: 20, batchSize: 10 }))
    learner.consolidate(old)
    nudge(model.parameters(), Random.from(9), 0.01)
    const grown = model.grown(5)
    const carried = new Ewc(options)
    carried.restore(grown.parameters(), ewc.state(model.parameters()))
    return { model, ewc, grown, carried }
  }

  it('with the same penalty and pull, and free new units', async () => {
    const { model, ewc, grown, carried } = await learnt()
    expect(first(logits(grown, x), 5, 3)).toEqual(logits(model, x))
    expect(carried.tasks).toBe(1)
    const penalty = ewc.penalty(model.parameters()) as number
    expect(penalty).toBeGreaterThan(0)
    expect(carried.penalty(grown.parameters())).toBe(penalty)
    const [before, after] = [ewc.quadratic(model.parameters()), carried.quadratic(grown.parameters())]
    grown.parameters().forEach((parameter, index) => {
      const { precision, anchor } = after!.of(parameter)!
      const held = before!.of(model.parameters()[index]!)!
      const size = held.precision.length
      expect([precision.subarray(0, size), anchor.subarray(0, size)]).toEqual([held.precision, held.anchor])
      expect(precision.subarray(size)).toEqual(new Float32Array(parameter.size - size))
    })
    for (const parameter of grown.parameters().slice(-2))
      parameter.data.fill(9, model.parameters().find(({ name }) => name === parameter.name)!.size)
    expect(carried.penalty(grown.parameters())).toBe(penalty)
    grown.parameters().at(-1)!.data[0]! += 1
    expect(carried.penalty(grown.parameters())).toBeGreaterThan(penalty)
  })

  it('and holds what it knew while it learns the new classes', async () => {
    const [held, loose] = [await learnt(), await learnt()]
    const optimizer = () => new Sgd({ learningRate: 0.02 })
    const learner = new Learner(held.grown, { optimizer: optimizer(), method: held.carried })
    const before = held.grown.parameters().map(({ data }) => data.slice())
    for (const each of [learner, new Learner(loose.grown, { optimizer: optimizer() })])
      await drain(each.fit(all, { epochs: 10, batchSize: 10 }))
    const penalty = ({ carried, grown }: typeof held) => carried.penalty(grown.parameters()) as number
    expect(penalty(held)).toBeLessThan(0.3 * penalty(loose))
    // the new units moved freely
    const moved = held.grown.parameters().map(({ data }, index) => worst(data, before[index]!, () => 1))
    expect(Math.min(...moved)).toBeGreaterThan(0)
    expect(held.grown.parameters().at(-1)!.data.subarray(3)).not.toEqual(before.at(-1)!.subarray(3))
    learner.consolidate(all)
    expect(held.carried.tasks).toBe(2)
  })
})
