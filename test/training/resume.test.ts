import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Kfac } from '../../src/continual/kfac.ts'
import { Lwf } from '../../src/continual/lwf.ts'
import { Mas } from '../../src/continual/mas.ts'
import type { Method } from '../../src/continual/method.ts'
import { Replay } from '../../src/continual/replay.ts'
import { Si } from '../../src/continual/si.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { linearDecay } from '../../src/optim/schedule.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import type { FitEvent, FitOptions } from '../../src/training/events.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, stateOf } from '../toy.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-resume-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Setup {
  readonly optimizer?: () => Optimizer
  readonly method?: () => Method | null
  readonly batchNorm?: boolean
  readonly heads?: boolean
}

const adam = () => new Adam({ learningRate: 0.01 })
const SETUPS: Record<string, Setup> = {
  'Adam alone': {},
  'SGD with momentum': { optimizer: () => new Sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 }) },
  'BatchNorm and EWC': { batchNorm: true, method: () => new Ewc({ lambda: 5 }) },
  'proximal SGD and sampled EWC': {
    optimizer: () => new Sgd({ learningRate: 0.05, momentum: 0.9, proximal: true }),
    method: () => new Ewc({ lambda: 5, estimator: 'sampled', mode: 'online', gamma: 0.9 }),
  },
  'Synaptic Intelligence': { method: () => new Si({ lambda: 3 }) },
  'Memory Aware Synapses': { method: () => new Mas({ lambda: 0.1 }) },
  Kfac: { method: () => new Kfac({ lambda: 2, refresh: 3 }) },
  'LwF with BatchNorm': { batchNorm: true, method: () => new Lwf({ lambda: 1 }) },
  'replay with BatchNorm': { batchNorm: true, method: () => new Replay({ samples: 12, seed: 4 }) },
  'replay of Heads beside EWC': {
    heads: true,
    method: () => new Replay({ samples: 9, method: new Ewc({ lambda: 4 }) }),
  },
}

const SETS = [5, 6].map((seed) => blobs({ features: 6, classes: 4, count: 43, seed }))
const OPTIONS: FitOptions = { epochs: 3, batchSize: 10, every: 1, schedule: linearDecay }

function learnerOf({ optimizer = adam, method = () => null, batchNorm = false, heads = false }: Setup) {
  const mlp = new Mlp([6, 9, heads ? 8 : 4], { seed: 1, batchNorm })
  const model = heads ? new Heads(mlp).use(0, 4) : mlp
  return { mlp, learner: new Learner(model, { optimizer: optimizer(), method: method() }) }
}

type Made = ReturnType<typeof learnerOf>

/** Two tasks; tells where it is after every event and consolidation. Goes on from `task`, in the middle of its fit. */
async function walk(
  made: Made,
  tell: (where: string, event: FitEvent | null) => Promise<void>,
  from = 0,
  resume = false,
) {
  const { learner, mlp } = made
  for (const [task, set] of SETS.entries()) {
    if (task < from) continue
    if (learner.model instanceof Heads) learner.model.use(4 * task, 4 * task + 4)
    for await (const event of learner.fit(set, { ...OPTIONS, resume: resume && task === from }))
      await tell(`${task}/${event.type}/${event.step}`, event)
    learner.consolidate(set, { batches: 2, batchSize: 15 })
    await tell(`${task}/consolidated`, null)
  }
  return stateOf(mlp)
}

const STOPS = [
  '0/step/1',
  '0/step/5',
  '0/epoch/5',
  '0/step/7',
  '0/epoch/15',
  '0/consolidated',
  '1/step/2',
  '1/step/8',
  '1/epoch/10',
  '1/step/15',
]

describe.each(Object.entries(SETUPS))('%s', (name, setup) => {
  it('goes on bit for bit, wherever it was saved', async () => {
    const path = (where: string) => join(folder, `${name} ${where.replaceAll('/', ' ')}`)
    const events: [string, FitEvent | null][] = []
    const straight = learnerOf(setup)
    const end = await walk(straight, async (where, event) => {
      events.push([where, event])
      if (STOPS.includes(where)) await straight.learner.save(path(where))
    })
    for (const stop of STOPS) {
      const resumed = learnerOf(setup)
      await resumed.learner.load(path(stop))
      const [task, kind] = stop.split('/')
      const later: [string, FitEvent | null][] = []
      const tell = async (where: string, event: FitEvent | null) => {
        later.push([where, event])
      }
      const bits = await (kind === 'consolidated' ? walk(resumed, tell, 1) : walk(resumed, tell, Number(task), true))
      expect(later, stop).toEqual(events.slice(events.findIndex(([where]) => where === stop) + 1))
      expect(bits, stop).toBe(end)
      expect(resumed.learner.state(), stop).toEqual(straight.learner.state())
    }
  })
})

describe('resume', () => {
  it('goes on in the same process too, after a signal or a loop that was left', async () => {
    const straight = learnerOf({})
    for await (const _ of straight.learner.fit(SETS[0]!, OPTIONS));
    const { learner, mlp } = learnerOf({})
    const controller = new AbortController()
    for await (const { step } of learner.fit(SETS[0]!, OPTIONS)) if (step === 7) break
    const aborted = async () => {
      for await (const { step } of learner.fit(SETS[0]!, { ...OPTIONS, resume: true, signal: controller.signal }))
        if (step === 11) controller.abort()
    }
    await expect(aborted()).rejects.toThrow(/abort/)
    const steps: number[] = []
    for await (const { step, type } of learner.fit(SETS[0]!, { ...OPTIONS, resume: true }))
      if (type === 'step') steps.push(step)
    expect(steps).toEqual([12, 13, 14, 15])
    expect(stateOf(mlp)).toBe(stateOf(straight.mlp))
  })

  it('begins anew when nothing was interrupted', async () => {
    const { learner } = learnerOf({})
    for (let time = 0; time < 2; time++) {
      let count = 0
      for await (const _ of learner.fit(SETS[0]!, { epochs: 2, resume: true })) count++
      expect(count).toBe(2)
    }
  })

  it('refuses another set, batch size or number of steps, and then still goes on with the right one', async () => {
    const { learner, mlp } = learnerOf({})
    for await (const { step } of learner.fit(SETS[0]!, OPTIONS)) if (step === 7) break
    const before = [stateOf(mlp), learner.state()]
    const attempt = async (set: (typeof SETS)[number], changes: FitOptions) => {
      for await (const _ of learner.fit(set, { ...OPTIONS, ...changes, resume: true }));
    }
    for (const [set, changes, message] of [
      [SETS[1]!, {}, /set is 43 x 6, 4 classes, crc32 [0-9a-f]+, but 43 x 6/],
      [SETS[0]!, { batchSize: 11, steps: 15 }, /batchSize is 11, but 10/],
      [SETS[0]!, { epochs: 4 }, /steps is 20, but 15/],
    ] as const)
      await expect(attempt(set, changes)).rejects.toMatchObject({
        code: 'STATE_MISMATCH',
        message: expect.stringMatching(message),
      })
    expect([stateOf(mlp), learner.state()]).toEqual(before)
  })

  it('goes on in an epoch that `steps` cuts short', async () => {
    const options = { steps: 12, batchSize: 10, every: 1 }
    const straight = learnerOf({})
    const events: FitEvent[] = []
    for await (const event of straight.learner.fit(SETS[0]!, options)) events.push(event)
    const first = learnerOf({})
    for await (const { type, step } of first.learner.fit(SETS[0]!, options)) if (type === 'step' && step === 12) break
    const rest: FitEvent[] = []
    for await (const event of first.learner.fit(SETS[0]!, { ...options, resume: true })) rest.push(event)
    expect(rest).toEqual(events.slice(-1))
    expect(stateOf(first.mlp)).toBe(stateOf(straight.mlp))
  })
})
