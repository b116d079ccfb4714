import { describe, expect, it } from 'vitest'
import { Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, inputsOf, stateOf } from '../toy.ts'

const set = blobs({ features: 20, classes: 4, count: 200 })
const makeLearner = () => {
  const model = new Mlp([20, 32, 4], { seed: 1, batchNorm: true })
  return { model, learner: new Learner(model, { optimizer: new Sgd({ learningRate: 0.05, momentum: 0.9 }) }) }
}

describe('the event loop during fit', () => {
  it('has its turn: a timer fires and immediates tick, though nobody waits for them', async () => {
    const { learner } = makeLearner()
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new Error('the timer fired')), 200)
    let ticks = 0
    let immediate: NodeJS.Immediate | undefined
    const tick = () => {
      ticks++
      immediate = setImmediate(tick)
    }
    tick()
    const started = performance.now()
    // 200,000 steps take seconds: the timer ends it, if it may
    const fit = drain(learner.fit(set, { epochs: 20_000, batchSize: 20, every: 10, signal: controller.signal }))
    await expect(fit).rejects.toThrow('the timer fired')
    const elapsed = performance.now() - started
    clearTimeout(timer)
    clearImmediate(immediate)
    // a turn every 8 ms and one step of well below 1 ms; a quarter of that on a busy machine
    expect(ticks).toBeGreaterThan(200 / 9 / 4)
    // and it is no turn a step: those would be thousands
    expect(ticks).toBeLessThan(elapsed / 8 + 2)
    expect(elapsed).toBeLessThan(2000)
  })
})

describe('ending fit', () => {
  it('by a signal happens between two steps, with the reason of the signal, and training can go on', async () => {
    const { model, learner } = makeLearner()
    const controller = new AbortController()
    const reason = new RangeError('enough')
    const seen: number[] = []
    let held = ''
    const run = async () => {
      for await (const { step } of learner.fit(set, {
        epochs: 5,
        batchSize: 20,
        every: 1,
        signal: controller.signal,
      })) {
        seen.push(step)
        held = stateOf(model)
        if (step === 7) controller.abort(reason)
      }
    }
    await expect(run()).rejects.toBe(reason)
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(stateOf(model)).toBe(held)
    expect(await drain(learner.fit(set, { batchSize: 20 }))).toHaveLength(1)
    expect(stateOf(model)).not.toBe(held)
  })

  it('by a signal that was there before trains nothing', async () => {
    const { model, learner } = makeLearner()
    const before = stateOf(model)
    await expect(drain(learner.fit(set, { signal: AbortSignal.abort() }))).rejects.toMatchObject({ name: 'AbortError' })
    expect(stateOf(model)).toBe(before)
  })

  it('by leaving the loop ends the training there', async () => {
    const { model, learner } = makeLearner()
    let held = ''
    for await (const { step } of learner.fit(set, { epochs: 5, batchSize: 20, every: 1 })) {
      held = stateOf(model)
      if (step === 3) break
    }
    await new Promise((resume) => setTimeout(resume, 20))
    expect(stateOf(model)).toBe(held)
    const { model: other, learner: twin } = makeLearner()
    const events = twin.fit(set, { epochs: 5, batchSize: 20, every: 1 })
    for (let i = 0; i < 3; i++) await events.next()
    await events.return(undefined)
    expect(stateOf(other)).toBe(held)
    expect(await events.next()).toEqual({ done: true, value: undefined })
    // both are in the same state, also as to shuffling and velocity
    await drain(learner.fit(set, { batchSize: 20 }))
    await drain(twin.fit(set, { batchSize: 20 }))
    expect(stateOf(other)).toBe(stateOf(model))
  })

  it('by an error of the caller inside the loop, too', async () => {
    const { model, learner } = makeLearner()
    let held = ''
    const run = async () => {
      for await (const _ of learner.fit(set, { batchSize: 20, every: 1 })) {
        held = stateOf(model)
        throw new TypeError('mine')
      }
    }
    await expect(run()).rejects.toThrow('mine')
    expect(stateOf(model)).toBe(held)
    expect(learner.step(inputsOf(set), set.labels)).toBeGreaterThan(0)
  })
})
