import { describe, expect, it } from 'vitest'
import { type Parameter, square, sum, Tape } from '../../src/autograd.ts'
import { Mas, sensitivityDiagonal } from '../../src/continual/mas.ts'
import { type Batch, batches } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { float64 } from '../nn/float64.ts'
import { blobs, codeOf, inputsOf, nudge, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { error, lived } from './loop.ts'

const random = () => Random.from(1)

/** a sample at a time, by the plain tape: the mean of |d ||F(x)||^2 / d theta| */
function loop(model: Mlp, x: Float32Array) {
  const tape = new Tape()
  const count = x.length / model.inputs
  const parameters = model.parameters()
  const totals = new Map(parameters.map((parameter) => [parameter, new Float64Array(parameter.size)]))
  for (let n = 0; n < count; n++)
    tape.step(() => {
      const row = tape.input(x.slice(n * model.inputs, (n + 1) * model.inputs), [1, model.inputs])
      tape.backward(sum(square(model.forward(row, 'evaluation'))), parameters)
      for (const [{ gradient }, total] of totals)
        gradient.forEach((value, i) => {
          total[i]! += Math.abs(value) / count
        })
    })
  return totals
}

describe.each([
  { sizes: [6, 4], batchNorm: false },
  { sizes: [6, 7, 5, 4], batchNorm: false },
  { sizes: [6, 7, 5, 4], batchNorm: true },
])('sensitivity of $sizes, BatchNorm $batchNorm', ({ sizes, batchNorm }) => {
  // one chunk is 400 samples
  it.each([1, 7, 405])('is the loop over single samples: %i samples', (count) => {
    const model = lived(new Mlp(sizes, { seed: 2, batchNorm }))
    const set = blobs({ count, features: 6, classes: 4 })
    const found = sensitivityDiagonal(model, set, { random: random() })
    expect([...found.keys()]).toEqual(model.parameters())
    expect(error(found, loop(model, inputsOf(set)))).toBeLessThan(1)
  })
})

describe('sensitivity', () => {
  it('is the closed form of a linear model: the mean of 2 |y_o| |x_i|', () => {
    const model = lived(new Mlp([6, 4]))
    const set = blobs({ count: 50, features: 6, classes: 4 })
    const x = inputsOf(set)
    const [weight, bias] = [new Float64Array(24), new Float64Array(4)]
    float64(model)
      .logits(x, 'evaluation')
      .forEach((row, n) => {
        row.forEach((y, o) => {
          bias[o]! += (2 * Math.abs(y)) / set.count
          for (let i = 0; i < 6; i++) weight[o * 6 + i]! += (2 * Math.abs(y) * (x[n * 6 + i] as number)) / set.count
        })
      })
    const [w, b] = [...sensitivityDiagonal(model, set, { random: random() }).values()] as [Float32Array, Float32Array]
    // y is of the order of 1, a sum of 7 terms that may cancel: 10 roundings of 2 |x| <= 2; then 50 additions
    const allowed = (value: number) => UNIT_ROUNDOFF * (20 + 60 * value)
    expect(worst(w, weight, allowed)).toBeLessThan(1)
    expect(worst(b, bias, allowed)).toBeLessThan(1)
  })

  it('takes the absolute value sample by sample: gradients of either sign do not cancel', () => {
    const model = new Mlp([1, 1])
    const [weight, bias] = model.parameters() as [Parameter, Parameter]
    weight.data[0] = 2
    bias.data[0] = -1
    // x = 0 and 1: y = -1 and 1, so d y^2 / d bias = -2 and 2, d y^2 / d weight = 0 and 2
    const set = { ...blobs({ count: 2, features: 1, classes: 1 }), inputs: Uint8Array.of(0, 255) }
    const found = sensitivityDiagonal(model, set, { random: random() })
    expect([found.get(weight)?.[0], found.get(bias)?.[0]]).toEqual([1, 2])
  })

  it('does not look at labels', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const set = blobs({ count: 30, features: 6, classes: 4 })
    const other = { ...set, labels: new Uint8Array(30).fill(3) }
    const of = (labelled: LabelledSet) => [...sensitivityDiagonal(model, labelled, { random: random() }).values()]
    expect(of(set)).toEqual(of(other))
  })
})

const tasks = [1, 2, 3].map((seed) => blobs({ count: 40, features: 6, classes: 4, seed }))
const [first, second, third] = tasks as [LabelledSet, LabelledSet, LabelledSet]

describe('Mas', () => {
  it('has the penalty (lambda / 2) sum over tasks of Omega, about the latest weights', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const parameters = model.parameters()
    const method = new Mas({ lambda: 3 })
    const task = (set: LabelledSet) => ({ model, set, batchSize: 10, batches: null, random: random() })
    expect([method.quadratic(parameters), method.penalty(parameters)]).toEqual([null, null])
    const omegas = [loop(model, inputsOf(first))]
    method.consolidate(task(first))
    nudge(parameters, random(), 0.2)
    omegas.push(loop(model, inputsOf(second)))
    method.consolidate(task(second))
    expect([method.tasks, method.penalty(parameters)]).toEqual([2, 0])
    const anchors = parameters.map(({ data }) => data.slice())
    nudge(parameters, Random.from(7), 0.2)
    let expected = 0
    parameters.forEach((parameter, p) => {
      parameter.data.forEach((theta, i) => {
        for (const omega of omegas)
          expected += (3 / 2) * (omega.get(parameter)?.[i] as number) * (theta - (anchors[p]?.[i] as number)) ** 2
      })
    })
    const penalty = method.penalty(parameters) as number
    expect(Math.abs(penalty / expected - 1)).toBeLessThan(100 * UNIT_ROUNDOFF)
  })

  it('looks at as many samples as it is told, drawn by the task', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const method = new Mas({ lambda: 1 })
    method.consolidate({ model, set: first, batchSize: 5, batches: 2, random: random() })
    const [drawn] = [...batches(first, { size: 10, samples: 10, shuffle: true, seed: random() })] as [Batch]
    const quadratic = method.quadratic(model.parameters())
    const found = model.parameters().map((one) => [one, quadratic?.of(one)?.precision as Float32Array] as const)
    expect(error(new Map(found), loop(model, drawn.x))).toBeLessThan(1)
  })

  it('restored from its state, goes on with the same bits', () => {
    const run = (restores: boolean, lambda = 3) => {
      const model = new Mlp([6, 5, 4], { seed: 1, batchNorm: true })
      const learn = (method: Mas, sets: readonly LabelledSet[]) => {
        const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method })
        for (const set of sets) {
          for (let i = 0; i < 5; i++) learner.step(inputsOf(set), set.labels)
          learner.consolidate(set)
        }
      }
      const old = new Mas({ lambda })
      learn(old, [first, second])
      const method = restores ? new Mas({ lambda }) : old
      if (restores) method.restore(model.parameters(), old.state(model.parameters()))
      learn(method, [third, first])
      return stateOf(model)
    }
    expect(run(true)).toBe(run(false))
    expect(run(true)).not.toBe(run(true, 0))
  })

  it('refuses a weight that is none, a state of another method, and outputs that are 0 everywhere', () => {
    expect(codeOf(() => new Mas({ lambda: -1 }))).toBe('INVALID_ARGUMENT')
    const model = new Mlp([6, 4])
    const method = new Mas({ lambda: 1 })
    const state = { ...method.state(model.parameters()), method: 'ewc' }
    expect(codeOf(() => method.restore(model.parameters(), state))).toBe('INVALID_ARGUMENT')
    for (const { data } of model.parameters()) data.fill(0)
    expect(codeOf(() => new Learner(model, { optimizer: new Adam(), method }).consolidate(first))).toBe(
      'PENALTY_POWERLESS',
    )
  })
})
