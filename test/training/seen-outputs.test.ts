import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Kfac } from '../../src/continual/kfac.ts'
import { Lwf } from '../../src/continual/lwf.ts'
import { Mas } from '../../src/continual/mas.ts'
import type { Method } from '../../src/continual/method.ts'
import { Replay } from '../../src/continual/replay.ts'
import { Si } from '../../src/continual/si.ts'
import { type LabelledSet, labelledSet } from '../../src/data/set.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain } from '../toy.ts'

const CODE = 'PENALTY_CLASS_INCREMENTAL'
const OUTPUTS = 6

/** with labels raised by so many */
const raised = (by: number, classes = OUTPUTS): LabelledSet => {
  const set = blobs({ features: 5, classes: 2, seed: by + 1 })
  return labelledSet({ ...set, name: `from ${by}`, labels: set.labels.map((label) => label + by), classes })
}

const heard: (Error & { code?: string })[] = []
const hear = (warning: Error): void => {
  heard.push(warning)
}
beforeEach(() => {
  heard.length = 0
  process.on('warning', hear)
})
afterEach(() => {
  process.off('warning', hear)
})

const learnerOf = (method: Method | null, model = new Mlp([5, 6, OUTPUTS], { seed: 1 })): Learner =>
  new Learner(model, { optimizer: new Sgd({ learningRate: 0.01 }), method })

async function codesAfter(learner: Learner, sets: readonly LabelledSet[]): Promise<unknown[]> {
  for (const set of sets) {
    await drain(learner.fit(set))
    learner.consolidate(set)
  }
  await setImmediate()
  return heard.map(({ code }) => code)
}

const penalties = [new Ewc({ lambda: 1 }), new Si({ lambda: 1 }), new Mas({ lambda: 1 }), new Kfac({ lambda: 1 })]

it.each(penalties)('$name is warned of when new classes share the head with old ones, once', async (method) => {
  const learner = learnerOf(method)
  expect(await codesAfter(learner, [raised(0)])).toEqual([])
  await drain(learner.fit(raised(2)))
  await setImmediate()
  expect(heard.map(({ name, code }) => [name, code])).toEqual([['PalimpsestWarning', CODE]])
  expect(heard[0]?.message).toContain(`no label of from 2 was there at a consolidation, and ${method.name} is`)
  expect(await codesAfter(learner, [raised(2), raised(4)])).toEqual([CODE])
})

it('a head that grows by new classes is warned of', async () => {
  const heads = new Heads(new Mlp([5, 6, OUTPUTS], { seed: 1 }))
  const learner = new Learner(heads.use(0, 2), { optimizer: new Sgd({ learningRate: 0.01 }), method: new Mas() })
  expect(await codesAfter(learner, [raised(0, 2)])).toEqual([])
  heads.use(0, 4)
  expect(await codesAfter(learner, [raised(2, 4)])).toEqual([CODE])
})

it('a head for each task is not, whatever its labels are', async () => {
  const heads = new Heads(new Mlp([5, 6, OUTPUTS], { seed: 1 }))
  const learner = new Learner(heads.use(0, 2), { optimizer: new Sgd({ learningRate: 0.01 }), method: new Mas() })
  await codesAfter(learner, [raised(0, 2)])
  heads.use(2, OUTPUTS)
  expect(await codesAfter(learner, [raised(2, OUTPUTS - 2)])).toEqual([])
})

it('tasks that share a label are not, in whichever order they come', async () => {
  expect(await codesAfter(learnerOf(new Ewc()), [raised(1), raised(2), raised(0), raised(3)])).toEqual([])
})

it.each([null, new Lwf(), new Replay({ samples: 10 }), new Replay({ samples: 10, method: new Ewc() })])(
  'what keeps old answers or samples is not, and neither is nothing: %#',
  async (method) => {
    expect(await codesAfter(learnerOf(method), [raised(0), raised(2)])).toEqual([])
  },
)

it('new classes are not before any was consolidated', async () => {
  const learner = learnerOf(new Ewc())
  for (const set of [raised(0), raised(2)]) await drain(learner.fit(set))
  await setImmediate()
  expect(heard).toEqual([])
})
