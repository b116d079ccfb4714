import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { MethodName, Settings } from '../../bench/streams/methods.ts'
import { METHODS } from '../../bench/streams/methods.ts'
import { READS, unread } from '../../bench/streams/reads.ts'
import { type Job, type RunRecord, run } from '../../bench/streams/run.ts'
import type { Raw } from '../../bench/streams/tasks.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import { batches } from '../../src/data/batches.ts'
import { type LabelledSet, labelledSet, type TrainAndTest, union } from '../../src/data/index.ts'
import { split } from '../../src/data/streams.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { linearDecay } from '../../src/optim/schedule.ts'
import { Learner } from '../../src/training/learner.ts'
import { pair } from './stream-sets.ts'

const raw = { mnist: pair('digits', 400, 200, 1), fashion: pair('clothes', 400, 200, 2) }

const found = (job: Partial<Job>, sets: Raw = raw): Promise<RunRecord> =>
  run(
    { protocol: 'article', scenario: 'domain', method: 'none', settings: {}, seed: 1, part: 'all', share: 1, ...job },
    sets,
    () => {},
  )

const digest = (model: Mlp): string => {
  const hash = createHash('sha256')
  for (const { data } of model.parameters()) hash.update(data)
  return hash.digest('hex')
}

describe('a run is what its protocol and settings say, done by hand', () => {
  const LATER = { laterRate: 3e-3, laterSchedule: 'linearDecay', reset: true } as const

  it('one task after another, with a penalty, and a rate and a schedule for the second', async () => {
    const job = await found({ method: 'ewc', settings: { lambda: 7, samples: 200, ...LATER }, seed: 3 })
    const model = new Mlp([784, 100, 10], { seed: 3 })
    const optimizer = new Adam({ learningRate: 1e-3 })
    const learner = new Learner(model, { optimizer, method: new Ewc({ lambda: 7 }) })
    const sets = [raw.mnist, raw.fashion]
    const fraction = ({ test }: TrainAndTest) => learner.evaluate(test).accuracy
    const untrained = sets.map(fraction)
    for await (const _ of learner.fit(raw.mnist.train, { epochs: 4, batchSize: 100 }));
    learner.consolidate(raw.mnist.train, { batchSize: 100, batches: 2 })
    const first = sets.map(fraction)
    optimizer.reset()
    optimizer.learningRate = 3e-3
    for await (const _ of learner.fit(raw.fashion.train, { epochs: 4, batchSize: 100, schedule: linearDecay }));
    expect(job).toMatchObject({ accuracy: [[first[0]], sets.map(fraction)], before: [first[1]], untrained })
    expect(job.weights).toBe(digest(model))
  })

  it('all at once, at a rate and with a schedule of its own, the last epoch averaged', async () => {
    const settings = { rate: 2e-3, schedule: 'linearDecay', average: 1 } as const
    const job = await found({ method: 'joint', settings })
    const model = new Mlp([784, 100, 10], { seed: 1 })
    const learner = new Learner(model, { optimizer: new Adam({ learningRate: 2e-3 }) })
    const sums = model.parameters().map(({ size }) => new Float64Array(size))
    const both = union(raw.mnist.train, raw.fashion.train)
    const options = { steps: 32, batchSize: 100, schedule: linearDecay, every: 1 }
    for await (const { type, step } of learner.fit(both, options))
      if (type === 'step' && step > 24)
        model.parameters().forEach(({ data }, index) => {
          data.forEach((value, i) => {
            ;(sums[index] as Float64Array)[i] = ((sums[index] as Float64Array)[i] as number) + value
          })
        })
    model.parameters().forEach(({ data }, index) => {
      data.set((sums[index] as Float64Array).map((sum) => sum / 8))
    })
    expect(job.weights).toBe(digest(model))
    expect(job.accuracy).toEqual([[raw.mnist, raw.fashion].map(({ test }) => learner.evaluate(test).accuracy)])
  })

  it('all at once a task a step, where each has a head', async () => {
    const settings = { rate: 2e-3, schedule: 'linearDecay' } as const
    const job = { protocol: 'van-de-ven-split', scenario: 'task', method: 'joint', share: 0.005, settings } as const
    const { weights } = await found(job)
    const mlp = new Mlp([784, 400, 400, 10], { seed: 1 })
    const heads = new Heads(mlp)
    const optimizer = new Adam({ learningRate: 2e-3 })
    const learner = new Learner(heads, { optimizer })
    const orders = split(raw.mnist, 5, { labels: 'within' }).map(({ train }, task) => {
      const all = batches(train(), { size: 128, shuffle: true, seed: 1 + task })
      return Array.from({ length: 10 }, () => [...all]).flat()
    })
    for (let step = 0; step < 50; step++) {
      const task = step % 5
      const { x, y } = orders[task]?.[Math.floor(step / 5)] ?? { x: new Float32Array(), y: new Uint8Array() }
      heads.use(2 * task, 2 * task + 2)
      optimizer.learningRate = 2e-3 * (1 - step / 50)
      learner.step(x, y)
    }
    expect(weights).toBe(digest(mlp))
  })
})

describe('a tiny run of every scenario gives the same matrix and weights for ever', () => {
  const split = { protocol: 'van-de-ven-split', share: 0.01, settings: {} } as const
  const jobs: readonly (readonly [Partial<Job>, string])[] = [
    [{ ...split, scenario: 'task', method: 'ewc-online', settings: { lambda: 100 } }, '14a4e9ee9f8a603f'],
    [{ ...split, scenario: 'domain', method: 'si', settings: { lambda: 1 } }, 'c3ba81401b84f213'],
    [{ ...split, scenario: 'class', method: 'lwf', settings: { lambda: 1 } }, '620a3632875a2c6c'],
    [{ ...split, scenario: 'class', method: 'analytic', settings: { features: 60 } }, '37c902e7b2dcdfd4'],
    [{ protocol: 'kutalev', method: 'mas', settings: { lambda: 0.1, average: 1 }, share: 0.1 }, 'e0578b19c276d6cc'],
    [{ method: 'analytic-experts', settings: { features: 60 } }, '430f3971556c2767'],
    [{ protocol: 'rotated-10', method: 'replay', settings: { buffer: 40 } }, '600b5d5920ed452d'],
  ]

  it.each(jobs)('%j', async (job, expected) => {
    const { accuracy, before, untrained, weights } = await found(job)
    expect(accuracy.map((row) => row.length)).toEqual(accuracy.map((_, task) => task + 1))
    for (const value of accuracy.flat()) expect(value * 200).toBeCloseTo(Math.round(value * 200), 6)
    const hash = createHash('sha256').update(JSON.stringify([accuracy, before, untrained, weights]))
    expect(hash.digest('hex').slice(0, 16)).toBe(expected)
  })
})

describe('every setting that a method reads changes what it learns', () => {
  const OTHER: Readonly<Record<keyof Settings, Settings[keyof Settings]>> = {
    lambda: 3,
    estimator: 'empirical',
    mode: 'latest',
    gamma: 0.5,
    floor: 1,
    floorUnits: 'silent',
    damping: 0.5,
    refresh: 2,
    temperature: 3,
    buffer: 20,
    features: 50,
    ridge: 10,
    head: 'means',
    shrinkage: 0.9,
    classPerTask: false,
    samples: 100,
    reset: true,
    average: 1,
    rate: 3e-3,
    schedule: 'linearDecay',
    laterRate: 3e-3,
    laterSchedule: 'linearDecay',
  }
  const few = { mnist: pair('digits', 200, 60, 1), fashion: pair('clothes', 200, 60, 2) }
  const bases = new Map<string, Promise<string>>()
  // the experts of ten tasks would take long, and gamma says nothing of two
  const weightsOf = async (method: MethodName, settings: Settings) =>
    (await found({ protocol: method === 'analytic-experts' ? 'article' : 'rotated-10', method, settings }, few)).weights
  const baseOf = (method: MethodName, settings: Settings) => {
    const key = `${method} ${JSON.stringify(settings)}`
    const base = bases.get(key) ?? weightsOf(method, settings)
    bases.set(key, base)
    return base
  }
  const cases = METHODS.flatMap((method) => READS[method].map((name) => ({ method, name })))

  it.each(cases)('$method: $name', async ({ method, name }) => {
    const base: Settings = {
      ...(method.startsWith('analytic') && { features: 40 }),
      ...(READS[method].includes('lambda') && { lambda: 10 }),
      ...(name === 'gamma' && method === 'ewc' && { mode: 'online' as const }),
      ...(name === 'floorUnits' && { floor: 1 }),
    }
    const settings = { ...base, [name]: OTHER[name] }
    expect(unread(method, 'domain', settings)).toEqual([])
    expect(await weightsOf(method, settings)).not.toBe(await baseOf(method, base))
  })
})

describe('what is held out', () => {
  const trap = (): LabelledSet =>
    new Proxy({} as LabelledSet, {
      get(_, name) {
        throw new Error(`a test set was asked for its ${String(name)}`)
      },
    })
  const many = pair('digits', 10_300, 1, 1)
  const unseen = { mnist: { train: many.train, test: trap() }, fashion: { train: many.train, test: trap() } }
  const places = [
    { protocol: 'article' },
    { protocol: 'van-de-ven-split', scenario: 'task' },
    { protocol: 'van-de-ven-split', scenario: 'class' },
  ] as const
  const methods = [
    { method: 'none', settings: {} },
    { method: 'joint', settings: {} },
    { method: 'ewc', settings: { lambda: 1, samples: 100 } },
    { method: 'analytic', settings: { features: 20 } },
  ] as const
  const jobs = [
    ...places.flatMap((place) => methods.map((method) => ({ ...place, ...method, share: 0.02 }))),
    { protocol: 'kutalev', method: 'none', settings: {}, share: 0.02 } as const,
  ]

  it.each(jobs)('$protocol $scenario $method never reads a test set', async (job) => {
    const { accuracy } = await found({ ...job, part: 'held-out' }, unseen)
    expect(accuracy.flat().length).toBeGreaterThan(1)
    await expect(found({ ...job, part: 'all' }, unseen)).rejects.toThrow('a test set was asked for')
  })

  it('is judged by, and not learnt from: its labels change accuracies and no weight', async () => {
    const { train } = many
    const border = train.count - 10_000
    const relabelled = (from: number, to: number): Raw => {
      const labels = train.labels.slice()
      for (let row = from; row < to; row++) labels[row] = (9 - (labels[row] as number)) as number
      const set = labelledSet({ ...train, labels })
      return { mnist: { train: set, test: trap() }, fashion: { train: set, test: trap() } }
    }
    const job = { part: 'held-out', method: 'ewc', settings: { samples: 100 } } as const
    const [plain, judged, learnt] = await Promise.all(
      [relabelled(0, 0), relabelled(border, train.count), relabelled(0, border)].map((sets) => found(job, sets)),
    )
    expect(judged?.weights).toBe(plain?.weights)
    expect(judged?.accuracy).not.toEqual(plain?.accuracy)
    expect(learnt?.weights).not.toBe(plain?.weights)
  })
})
