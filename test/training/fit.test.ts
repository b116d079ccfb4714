import { describe, expect, expectTypeOf, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { linearDecay } from '../../src/optim/schedule.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import type { FitEvent, FitOptions, LearnerOptions } from '../../src/training/events.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, stateOf, watched } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 43 })

const learnerOf = (options: Partial<LearnerOptions> = {}, modelSeed = 1) => {
  const model = new Mlp([6, 9, 4], { seed: modelSeed, batchNorm: true })
  return { model, learner: new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), ...options }) }
}

async function bitsAfter(options: FitOptions, ...args: Parameters<typeof learnerOf>): Promise<string> {
  const { model, learner } = learnerOf(...args)
  await drain(learner.fit(set, { epochs: 3, batchSize: 10, ...options }))
  return stateOf(model)
}

describe('the events of fit', () => {
  it('are one an epoch, with counts', async () => {
    const { learner } = learnerOf()
    const fit = learner.fit(set, { epochs: 3, batchSize: 10 })
    expectTypeOf(fit).toEqualTypeOf<AsyncGenerator<FitEvent, void, undefined>>()
    const events = await drain(fit)
    expect(events.map(({ loss, ...counts }) => counts)).toEqual(
      [1, 2, 3].map((epoch) => ({ type: 'epoch', epoch, epochs: 3, step: 5 * epoch, steps: 15, penalty: null })),
    )
    for (const { loss } of events) expect(loss).toBeGreaterThan(0)
  })

  it('are also one every so many steps, across epochs', async () => {
    const { learner } = learnerOf()
    const events = await drain(learner.fit(set, { epochs: 2, batchSize: 10, every: 3 }))
    expect(events.map(({ type, epoch, step }) => [type, epoch, step])).toEqual([
      ['step', 1, 3],
      ['epoch', 1, 5],
      ['step', 2, 6],
      ['step', 2, 9],
      ['epoch', 2, 10],
    ])
    expect(events.every(({ epochs, steps }) => epochs === 2 && steps === 10)).toBe(true)
  })

  it('end after `steps`, in as many epochs as they take, the last one cut short', async () => {
    const { learner } = learnerOf()
    const events = await drain(learner.fit(set, { steps: 12, epochs: 99, batchSize: 10, every: 4 }))
    expect(events.map(({ type, epoch, step }) => [type, epoch, step])).toEqual([
      ['step', 1, 4],
      ['epoch', 1, 5],
      ['step', 2, 8],
      ['epoch', 2, 10],
      ['step', 3, 12],
      ['epoch', 3, 12],
    ])
    expect(events.every(({ epochs, steps }) => epochs === 3 && steps === 12)).toBe(true)
    // of the two batches of the last epoch alone
    const { learner: twin } = learnerOf()
    const each = await drain(twin.fit(set, { steps: 12, batchSize: 10, every: 1 }))
    const losses = each.filter(({ type }) => type === 'step').map(({ loss }) => loss)
    expect(each.at(-1)?.loss).toBeCloseTo(((losses[10] as number) + (losses[11] as number)) / 2, 12)
  })

  it('make the same of steps as of the epochs that they fill, schedule included', async () => {
    const schedule = linearDecay
    expect(await bitsAfter({ epochs: 2, steps: 15, schedule })).toBe(await bitsAfter({ epochs: 3, schedule }))
    expect(await bitsAfter({ steps: 14, schedule })).not.toBe(await bitsAfter({ epochs: 3, schedule }))
  })

  it('give the loss of the batch, and of the epoch the mean over its samples', async () => {
    const { learner } = learnerOf()
    const events = await drain(learner.fit(set, { epochs: 2, batchSize: 10, every: 1 }))
    const sizes = [10, 10, 10, 10, 3]
    for (const epoch of [1, 2]) {
      const losses = events.filter((event) => event.type === 'step' && event.epoch === epoch).map(({ loss }) => loss)
      const mean = losses.reduce((sum, loss, i) => sum + loss * (sizes[i] as number), 0) / 43
      const [{ loss }] = events.filter((event) => event.type === 'epoch' && event.epoch === epoch) as [FitEvent]
      expect(loss).toBeCloseTo(mean, 12)
    }
  })

  it('are the losses of the same steps by hand', async () => {
    const batches: [Float32Array, number][] = []
    const { model } = learnerOf()
    const learner = new Learner(
      watched(model, (x) => batches.push([x.read(), x.shape[0]])),
      { optimizer: new Adam({ learningRate: 0.01 }) },
    )
    const events = await drain(learner.fit(set, { batchSize: 10, every: 1 }))
    const { learner: hand } = learnerOf()
    const labelOf = new Map(
      Array.from(set.labels, (label, n) => [Buffer.from(set.inputs.subarray(6 * n, 6 * n + 6)).toString('hex'), label]),
    )
    const losses = batches.map(([x, rows]) => {
      const bytes = Uint8Array.from(x, (value) => Math.round(value * 255))
      const labels = Uint8Array.from({ length: rows }, (_, row) =>
        Number(labelOf.get(Buffer.from(bytes.subarray(6 * row, 6 * row + 6)).toString('hex'))),
      )
      return hand.step(x, labels)
    })
    expect(events.filter(({ type }) => type === 'step').map(({ loss }) => loss)).toEqual(losses)
  })

  it('carry the penalty once there is one', async () => {
    const { learner } = learnerOf({ method: new Ewc({ lambda: 10 }) })
    const first = await drain(learner.fit(set, { batchSize: 10, every: 2 }))
    expect(first.every(({ penalty }) => penalty === null)).toBe(true)
    learner.consolidate(set)
    const second = await drain(
      learner.fit(blobs({ features: 6, classes: 4, count: 43, seed: 2 }), { every: 1, batchSize: 10 }),
    )
    expect(second[0]?.penalty).toBe(0)
    expect(second.slice(1).every(({ penalty }) => (penalty as number) > 0)).toBe(true)
    expect(second.at(-1)?.penalty).toBe(learner.penalty)
  })

  it('do not come before they are asked for: nothing is trained until then', async () => {
    const { model, learner } = learnerOf()
    const before = stateOf(model)
    const events = learner.fit(set)
    await new Promise((resume) => setImmediate(resume))
    expect(stateOf(model)).toBe(before)
    await events.next()
    expect(stateOf(model)).not.toBe(before)
  })

  it('have defaults: one epoch, batches of 100, an event an epoch', async () => {
    const { learner } = learnerOf()
    const events = await drain(learner.fit(blobs({ features: 6, classes: 4, count: 250 })))
    expect(events).toMatchObject([{ type: 'epoch', epoch: 1, epochs: 1, step: 3, steps: 3 }])
  })
})

describe('the bits of fit', () => {
  it('depend on the seed alone, not on how events are iterated', async () => {
    const bits = await bitsAfter({})
    expect(await bitsAfter({})).toBe(bits)
    expect(await bitsAfter({ every: 1 })).toBe(bits)
    expect(await bitsAfter({ every: 7, signal: new AbortController().signal })).toBe(bits)
    const { model, learner } = learnerOf()
    for await (const _ of learner.fit(set, { epochs: 3, batchSize: 10, every: 2 })) {
      learner.evaluate(set)
      await new Promise((resume) => setTimeout(resume, 1))
    }
    expect(stateOf(model)).toBe(bits)
  })

  it('follow the seed of the model, or that of the learner', async () => {
    const bits = await bitsAfter({}, { seed: 1 })
    expect(await bitsAfter({})).toBe(bits)
    expect(await bitsAfter({}, { seed: 2 })).not.toBe(bits)
    expect(await bitsAfter({}, {}, 2)).not.toBe(bits)
  })

  it('follow the schedule, which is asked with the share of steps that are done', async () => {
    const asked: number[] = []
    const { learner } = learnerOf()
    const schedule = (done: number) => {
      asked.push(done)
      return 1
    }
    await drain(learner.fit(set, { epochs: 2, batchSize: 10, schedule }))
    expect(asked).toEqual(Array.from({ length: 10 }, (_, step) => step / 10))
    expect(await bitsAfter({ schedule: () => 1 })).toBe(await bitsAfter({}))
    expect(await bitsAfter({ schedule: linearDecay })).not.toBe(await bitsAfter({}))
    expect(await bitsAfter({ schedule: () => 0.5 })).toBe(
      await bitsAfter({}, { optimizer: new Adam({ learningRate: 0.005 }) }),
    )
  })

  it('take every sample once an epoch, in a new order each time', async () => {
    const epochs: number[][] = [[], [], []]
    const { model } = learnerOf()
    let rows = 0
    const spy = watched(model, (x) => {
      const values = x.read()
      for (let row = 0; row < x.shape[0]; row++) epochs[Math.floor(rows++ / 43)]?.push(values[6 * row] as number)
    })
    await drain(new Learner(spy, { optimizer: new Sgd({ learningRate: 0.1 }) }).fit(set, { epochs: 3, batchSize: 10 }))
    const sorted = epochs.map((order) => order.toSorted((a, b) => a - b))
    expect(sorted[0]).toHaveLength(43)
    expect(sorted[1]).toEqual(sorted[0])
    expect(sorted[2]).toEqual(sorted[0])
    expect(epochs[1]).not.toEqual(epochs[0])
    expect(epochs[2]).not.toEqual(epochs[1])
  })
})

describe('learning', () => {
  it.each<[string, () => LearnerOptions['optimizer']]>([
    ['Sgd', () => new Sgd({ learningRate: 0.3, momentum: 0.9 })],
    ['Adam', () => new Adam({ learningRate: 0.01 })],
  ])('works with %s: separable classes are told apart, also where it was not trained', async (_, optimizer) => {
    const all = blobs({ features: 16, classes: 5, count: 600, spread: 60 })
    const half = (from: number, to: number): LabelledSet => ({
      ...all,
      count: to - from,
      inputs: all.inputs.subarray(16 * from, 16 * to),
      labels: all.labels.subarray(from, to),
    })
    for (const batchNorm of [false, true]) {
      const model = new Mlp([16, 20, 5], { seed: 3, batchNorm })
      const learner = new Learner(model, { optimizer: optimizer() })
      expect(learner.evaluate(half(300, 600)).accuracy).toBeLessThan(0.7)
      const events = await drain(learner.fit(half(0, 300), { epochs: 20, batchSize: 30 }))
      expect(learner.evaluate(half(300, 600)).accuracy).toBeGreaterThan(0.95)
      expect(events.at(-1)?.loss).toBeLessThan(0.2 * (events[0]?.loss as number))
    }
  })
})
