import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Lwf } from '../../src/continual/lwf.ts'
import type { Method } from '../../src/continual/method.ts'
import { Replay } from '../../src/continual/replay.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { readStored } from '../../src/persistence/file.ts'
import type { Stored } from '../../src/persistence/safetensors.ts'
import type { LearnerOptions } from '../../src/training/events.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, codeOf, drain, rejection, thrown } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 43 })
const mlp = (sizes = [6, 9, 4], options = {}) => new Mlp(sizes, { seed: 1, batchNorm: true, ...options })
const learnerOf = (model: Classifier = mlp(), options: Partial<LearnerOptions> = {}) =>
  new Learner(model, { optimizer: new Adam(), method: new Ewc(), ...options })

async function trained(learner = learnerOf()): Promise<Learner> {
  await drain(learner.fit(set, { batchSize: 10 }))
  learner.consolidate(set)
  for await (const { step } of learner.fit(set, { batchSize: 10, every: 1 })) if (step === 3) break
  return learner
}

describe('another learner', () => {
  const saved = trained().then((learner) => learner.state())
  const model = { ...mlp(), parameters: () => [], forward: (x: never) => x } as unknown as Classifier

  it.each<[string, Learner, RegExp]>([
    ['of other sizes', learnerOf(mlp([6, 8, 4])), /model\/layers.0.weight is \[9, 6\] in the file, and \[8, 6\] here/],
    [
      'of more layers',
      learnerOf(mlp([6, 9, 9, 4])),
      /model\/layers.1.weight is \[4, 9\] in the file, and \[9, 9\] here/,
    ],
    ['of other inputs', learnerOf(mlp([5, 9, 4])), /model.inputs is "6" in the file, and "5" here/],
    ['of other outputs', learnerOf(mlp([6, 9, 5])), /model.outputs is "4" in the file, and "5" here/],
    [
      'without BatchNorm',
      learnerOf(mlp([6, 9, 4], { batchNorm: false })),
      /norms.0.gamma is present in the file, and absent here/,
    ],
    [
      'with a leaky network',
      learnerOf(mlp([6, 9, 4], { activation: 'leaky-relu' })),
      /"relu" in the file, and "leaky-relu" here/,
    ],
    ['of nothing', learnerOf(model), /absent here/],
    [
      'with another optimizer',
      learnerOf(mlp(), { optimizer: new Sgd({ learningRate: 1 }) }),
      /optimizer is "adam" in the file, and "sgd" here/,
    ],
    [
      'with another beta',
      learnerOf(mlp(), { optimizer: new Adam({ beta1: 0.8 }) }),
      /optimizer.beta1 is "0.9" in the file, and "0.8" here/,
    ],
    ['with another method', learnerOf(mlp(), { method: new Lwf() }), /method is "ewc" in the file, and "lwf" here/],
    ['without a method', learnerOf(mlp(), { method: null }), /method is "ewc" in the file, and "none" here/],
    [
      'with another lambda',
      learnerOf(mlp(), { method: new Ewc({ lambda: 1 }) }),
      /method.lambda is "100" in the file, and "1" here/,
    ],
  ])('%s is told apart, and stays as it is', async (_, learner, message) => {
    const before = learner.state()
    const stored = await saved
    const error = thrown(() => learner.restore(stored))
    expect([error.code, error.message]).toEqual(['STATE_MISMATCH', expect.stringMatching(message)])
    expect(learner.state()).toEqual(before)
  })

  it('with other options of a part of its method is told apart', () => {
    const of = (lambda: number) => learnerOf(mlp(), { method: new Replay({ samples: 5, method: new Ewc({ lambda }) }) })
    expect(thrown(() => of(1).restore(of(2).state())).message).toMatch(
      /method.method.lambda is "2" in the file, and "1" here/,
    )
  })

  it('of Heads is told apart from one that shows all', () => {
    const heads = learnerOf(new Heads(mlp()).use(0, 2))
    expect(codeOf(() => learnerOf().restore(heads.state()))).toBe('STATE_MISMATCH')
    const shown = new Heads(mlp())
    learnerOf(shown).restore(heads.state())
    expect([shown.from, shown.to]).toEqual([0, 2])
  })
})

describe('what load restores besides', () => {
  it('is the learning rate, frozen statistics, the penalty and the generators', async () => {
    const [from, to] = [mlp(), mlp([6, 9, 4], { seed: 9 })]
    const learner = await trained(learnerOf(from))
    learner.optimizer.learningRate = 0.25
    from.freezeStatistics()
    const other = learnerOf(to, { seed: 5 })
    other.restore(learner.state())
    expect(other.optimizer.learningRate).toBe(0.25)
    expect(to.norms.map(({ frozen }) => frozen)).toEqual([true])
    expect(other.penalty).toBe(learner.penalty)
    expect(learner.penalty).toBeGreaterThan(0)
    expect(other.state()).toEqual(learner.state())
  })

  it('is nothing that the state shares', async () => {
    const learner = await trained()
    const state = learner.state()
    const copy = structuredClone({ ...state })
    const other = learnerOf()
    other.restore(state)
    for (const one of [learner, other]) await drain(one.fit(set, { epochs: 2 }))
    expect(state).toEqual(copy)
  })
})

describe('a learner', () => {
  const own = (method: Partial<Method>) =>
    Object.assign({ name: 'own', storesSamples: false, consolidate() {} }, method)

  it('whose parts have no state cannot be saved', async () => {
    const bare: Optimizer = { learningRate: 1, step: () => 0, reset() {} }
    const { state } = new Ewc()
    for (const learner of [
      learnerOf(mlp(), { optimizer: bare }),
      learnerOf(mlp(), { method: own({}) }),
      learnerOf(mlp(), { method: own({ state }) }),
      learnerOf(mlp(), { method: new Replay({ samples: 3, method: own({}) }) }),
    ]) {
      expect(codeOf(() => learner.state())).toBe('UNSUPPORTED')
      expect((await rejection(learner.save('/nowhere/at/all'))).code).toBe('UNSUPPORTED')
    }
  })

  it('of two parameters with one name cannot be saved', () => {
    const model = mlp()
    const twice = Object.assign(Object.create(model), {
      parameters: () => [...model.parameters(), model.parameters()[0]],
    })
    expect(codeOf(() => learnerOf(twice).state())).toBe('INVALID_ARGUMENT')
  })
})

describe('a state that was made by hand', () => {
  const saved = trained().then((learner) => learner.state())

  async function refused(
    code: string,
    change: (stored: { tensors: Record<string, unknown>; metadata: Record<string, string> }) => void,
  ) {
    const stored = structuredClone(await saved)
    change(stored as never)
    const learner = await trained(learnerOf(mlp([6, 9, 4], { seed: 3 })))
    const before = learner.state()
    expect(codeOf(() => learner.restore(stored))).toBe(code)
    expect(learner.state()).toEqual(before)
  }

  it('is refused, and nothing changes', async () => {
    const text = (name: string, value: string, code = 'STATE_MALFORMED') =>
      refused(code, ({ metadata }) => {
        metadata[name] = value
      })
    await text('kind', 'other', 'STATE_MISMATCH')
    await text('version', '2', 'STATE_VERSION')
    await text('version', 'two')
    for (const value of ['', '1,2,3', '0,0,0,0', '1,2,3,4.5', '1,2,3,99999999999', '1,2,3, 4'])
      await text('random/shuffle', value)
    await text('random/epoch', '0,0,0,0')
    for (const value of ['0.0', '-1', '1e3', 'x']) await text('fit/step', value)
    await text('fit/epoch', '0')
    await text('model/shown', '0,9')
    await text('model/shown', '2,2')
    await text('model/frozen', '2')
    await text('model/frozen', '0,0')
    await text('optimizer/power1', '7')
    await text('optimizer/learningRate', '-1')
    await text('method/tasks', '-1')
    await text('method/constant', 'NaN')
  })

  it('of a method that does not fit the model is refused, and nothing changes', async () => {
    const of = (seed: number) => trained(learnerOf(mlp([6, 9, 4], { seed }), { method: new Lwf() }))
    const [stored, learner] = [(await of(1)).state(), await of(3)]
    const before = learner.state()
    const heads = { shape: [2], data: Float64Array.of(0, 5) }
    const { 'method/statistics/1': _, ...fewer } = stored.tensors
    for (const [tensors, message] of [
      [{ ...stored.tensors, 'method/heads': heads }, /a head up to output 5, the model has 4/],
      [fewer, /has not the BatchNorm layers/],
    ] as const) {
      const error = thrown(() => learner.restore({ ...stored, tensors }))
      expect([error.code, error.message]).toEqual(['STATE_MALFORMED', expect.stringMatching(message)])
      expect(learner.state()).toEqual(before)
    }
  })

  it('is refused for its tensors too, and nothing changes', async () => {
    const tensor = (name: string, value: unknown, code = 'STATE_MALFORMED') =>
      refused(code, ({ tensors }) => {
        expect(tensors).toHaveProperty([name])
        if (value === undefined) delete tensors[name]
        else tensors[name] = value
      })
    await tensor('model/layers.0.weight', undefined, 'STATE_MISMATCH')
    await tensor('model/norms.0.running_var', { shape: [8], data: new Float32Array(8) }, 'STATE_MISMATCH')
    await tensor('model/layers.0.bias', { shape: [9], data: new Float64Array(9) })
    await tensor('optimizer/layers.0.weight/first', { shape: [5], data: new Float32Array(5) })
    await tensor('optimizer/layers.0.weight/second', undefined)
    await tensor('method/layers.0.weight/anchor', undefined)
    await tensor('method/layers.0.weight/precision', { shape: [9, 6], data: new Float32Array(54).fill(-1) })
  })
})

describe('files', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-checkpoint-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('hold the state as it was when save was called, whatever happens meanwhile', async () => {
    const learner = await trained()
    const path = join(folder, 'meanwhile')
    const state = learner.state()
    const saving = learner.save(path)
    learner.step(new Float32Array(12), new Uint8Array(2))
    await saving
    const found: Stored = await readStored(path)
    expect({ ...found.metadata }).toEqual(state.metadata)
    expect({ ...found.tensors }).toEqual(state.tensors)
  })

  it('are told apart from none, and from others', async () => {
    const learner = learnerOf()
    expect((await rejection(learner.load(join(folder, 'none')))).code).toBe('STATE_MISSING')
    await writeFile(join(folder, 'other'), 'text')
    expect((await rejection(learner.load(join(folder, 'other')))).code).toBe('STATE_MALFORMED')
    await learner.save(join(folder, 'fresh'))
    expect((await rejection(learner.load(join(folder, 'fresh'), { largest: 10 }))).code).toBe('STATE_MALFORMED')
    await learnerOf().load(join(folder, 'fresh'))
  })
})
