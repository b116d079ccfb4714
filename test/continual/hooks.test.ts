import { describe, expect, it } from 'vitest'
import { add, scale, square, sum, type Tape } from '../../src/autograd.ts'
import type { Method, StepBatch } from '../../src/continual/method.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer, Quadratic } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, codeOf, inputsOf, nudge, stateOf, UNIT_ROUNDOFF, watched, worst } from '../toy.ts'

const set = blobs({ count: 11, features: 6, classes: 4 })
const [x, y] = [inputsOf(set), set.labels]
const makeModel = () => {
  const model = new Mlp([6, 7, 4], { seed: 1, batchNorm: true })
  nudge(model.parameters(), Random.from(1))
  return model
}

const biasOf = (parameters: readonly Parameter[]) => parameters.at(-1) as Parameter

/** 3 |b|^2 of the last bias: its gradient is 6 b */
const term = ({ model }: StepBatch, tape: Tape) => scale(sum(square(tape.watch(biasOf(model.parameters())))), 3)

/** (8 / 2) (sum 2 (b - 1)^2 + 5) */
const quadratic = (parameters: readonly Parameter[]): Quadratic => {
  const bias = biasOf(parameters)
  const held = { precision: bias.data.slice().fill(2), anchor: bias.data.slice().fill(1) }
  return { lambda: 8, constant: 5, largest: 2, of: (parameter) => (parameter === bias ? held : undefined) }
}

/** adds 0.5 to every gradient */
const addGradient = (parameters: readonly Parameter[]): number => {
  for (const { gradient } of parameters) gradient.set(gradient.map((value) => value + 0.5))
  return 0.25
}

const method = (hooks: Partial<Method>): Method => ({ name: 'own', storesSamples: false, consolidate() {}, ...hooks })

/** gradients of the mean cross-entropy alone */
function plainGradients(): Float32Array[] {
  const model = makeModel()
  new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }) }).step(x, y)
  return model.parameters().map(({ gradient }) => gradient.slice())
}

describe('a step', () => {
  it('asks for the quadratic, goes forward, asks for the term, goes backward, lets gradients be added, then updates', () => {
    const model = makeModel()
    const plain = plainGradients()
    const parameters = model.parameters()
    const bias = biasOf(parameters)
    const heard: string[] = []
    let asked: Quadratic | null = null
    const seen = () => parameters.map(({ gradient }) => gradient.slice())
    const withTerm = plain.map((values, p) =>
      p === plain.length - 1 ? values.map((value, i) => value + 6 * (bias.data[i] as number)) : values,
    )
    const close = (found: readonly Float32Array[], expected: readonly Float32Array[]) =>
      found.forEach((values, p) => {
        expect(worst(values, expected[p] as Float32Array, () => 20 * UNIT_ROUNDOFF)).toBeLessThan(1)
      })
    const own = method({
      quadratic(given) {
        heard.push('quadratic')
        expect(given).toEqual(parameters)
        asked = quadratic(given)
        return asked
      },
      lossTerm(batch, tape) {
        heard.push('lossTerm')
        expect(batch.x.read()).toEqual(x)
        expect(batch.y).toBe(y)
        expect(batch.logits.shape).toEqual([11, 4])
        // the backward pass is still to come
        for (const gradient of seen()) expect(gradient.every((value) => value === 0)).toBe(true)
        return term(batch, tape)
      },
      addGradient(given) {
        heard.push('addGradient')
        close(seen(), withTerm)
        return addGradient(given)
      },
    })
    const inner = new Sgd({ learningRate: 0.01 })
    const optimizer: Optimizer = {
      learningRate: 0.01,
      reset: () => inner.reset(),
      step(given, options) {
        heard.push('optimizer')
        expect(options?.quadratic).toBe(asked)
        close(
          seen(),
          withTerm.map((values) => values.map((value) => value + 0.5)),
        )
        return inner.step(given, options)
      },
    }
    const watching = watched(model, (_, mode) => heard.push(`forward in ${mode}`))
    const learner = new Learner(watching, { optimizer, method: own })
    // by hand, before the step: 3 |b|^2 + 0.25 + 4 (2 |b - 1|^2 + 5)
    const penalty = bias.data.reduce((total, b) => total + 3 * b * b + 8 * (b - 1) ** 2, 0.25 + 20)
    const moved = bias.data.map((b, i) => b - 0.01 * ((withTerm.at(-1)?.[i] as number) + 0.5 + 16 * (b - 1)))
    learner.step(x, y)
    expect(heard).toEqual(['quadratic', 'forward in training', 'lossTerm', 'addGradient', 'optimizer'])
    expect(Math.abs((learner.penalty as number) - penalty)).toBeLessThan(100 * UNIT_ROUNDOFF * penalty)
    expect(worst(bias.data, moved, () => 20 * UNIT_ROUNDOFF)).toBeLessThan(1)
  })

  it.each<[string, Partial<Method>, (bias: Float32Array) => number | null]>([
    ['none', {}, () => null],
    ['a term that is null', { lossTerm: () => null }, () => null],
    ['a quadratic that is null', { quadratic: () => null }, () => null],
    ['a gradient that stands for 0', { addGradient: () => 0 }, () => 0],
    ['a gradient', { addGradient }, () => 0.25],
    ['a term', { lossTerm: term }, (bias) => bias.reduce((total, b) => total + 3 * b * b, 0)],
    ['a quadratic', { quadratic }, (bias) => bias.reduce((total, b) => total + 8 * (b - 1) ** 2, 20)],
  ])('says the penalty of %s', (_, hooks, expected) => {
    const model = makeModel()
    const learner = new Learner(model, { optimizer: new Adam(), method: method(hooks) })
    const wanted = expected(biasOf(model.parameters()).data)
    const loss = learner.step(x, y)
    // the loss that is returned is that of the batch alone
    expect(loss).toBe(new Learner(makeModel(), { optimizer: new Adam() }).step(x, y))
    if (wanted === null) expect(learner.penalty).toBeNull()
    else expect(Math.abs((learner.penalty as number) - wanted)).toBeLessThan(100 * UNIT_ROUNDOFF * (1 + wanted))
  })
})

describe('a step whose method fails', () => {
  const throwing = () => {
    throw new Error('no')
  }
  const plus = (value: number) => (batch: StepBatch, tape: Tape) =>
    add(term(batch, tape), tape.input(Float32Array.of(value), []))
  it.each<[string, Partial<Method>]>([
    ['lossTerm', { lossTerm: throwing }],
    ['addGradient', { addGradient: throwing }],
    ['quadratic', { quadratic: throwing }],
    ['lossTerm, beside others', { lossTerm: throwing, addGradient, quadratic }],
    ['addGradient, beside others', { lossTerm: term, addGradient: throwing, quadratic }],
    ['an infinite term', { lossTerm: plus(Infinity) }],
    ['a term that is no number', { lossTerm: plus(Number.NaN) }],
  ])('leaves model, optimizer and penalty as they were: %s', (name, hooks) => {
    const run = (fails: boolean) => {
      const model = makeModel()
      const own: { -readonly [K in keyof Method]: Method[K] } = method({ lossTerm: term })
      const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method: own })
      learner.step(x, y)
      const [before, penalty] = [stateOf(model), learner.penalty]
      if (fails) {
        Object.assign(own, hooks)
        const step = () => learner.step(x, y)
        if (/\bterm\b/.test(name)) expect(codeOf(step)).toBe('NON_FINITE')
        else expect(step).toThrow('no')
        expect([stateOf(model), learner.penalty]).toEqual([before, penalty])
        for (const hook of ['addGradient', 'quadratic'] as const) delete own[hook]
        own.lossTerm = term
      }
      learner.step(x, y)
      return [stateOf(model), learner.penalty]
    }
    expect(run(true)).toEqual(run(false))
  })
})

it('a consolidation hands over the task, and what it throws', () => {
  const tasks: unknown[] = []
  const model = makeModel()
  const own = method({
    consolidate(task) {
      tasks.push({ ...task, random: task.random instanceof Random })
      if (tasks.length > 1) throw new Error('no')
    },
  })
  const learner = new Learner(model, { optimizer: new Adam(), method: own })
  learner.consolidate(set, { batchSize: 3 })
  expect(() => learner.consolidate(set, { batches: 2 })).toThrow('no')
  expect(tasks).toEqual([
    { model, set, batchSize: 3, batches: null, random: true },
    { model, set, batchSize: 100, batches: 2, random: true },
  ])
})
