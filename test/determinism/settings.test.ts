import { afterAll, describe, expect, it } from 'vitest'
import { native } from '../../bindings/native.ts'
import { Ewc, type EwcOptions } from '../../src/continual/ewc.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { linearDecay } from '../../src/optim/schedule.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, hashOf, stateOf } from '../toy.ts'

const tables = native.tables()
const started = tables[native.currentTable()] as string
const threadsAtFirst = native.threads()
afterAll(() => {
  native.selectTable(started)
  native.setThreads(threadsAtFirst)
})

interface Size {
  readonly sizes: readonly [features: number, ...hidden: number[]]
  readonly batchSize: number
}
const CLASSES = 7
// no multiples of a vector or of a tile, and sets that are no multiple of a chunk; the large one is shared among threads
const SMALL: Size = { sizes: [53, 37, 21], batchSize: 50 }
const LARGE: Size = { sizes: [347, 211, 21], batchSize: 130 }

/** everything that comes out of two tasks: weights, statistics, losses, penalties, accuracies and probabilities */
async function outcome(
  { sizes, batchSize }: Size,
  batchNorm: boolean,
  optimizer: Optimizer,
  options: Partial<EwcOptions>,
): Promise<string> {
  const [features] = sizes
  const sets = [1, 2].map((seed) => blobs({ features, classes: CLASSES, count: 411, seed }))
  const model = new Mlp([...sizes, CLASSES], { seed: 3, batchNorm })
  const method = new Ewc({ lambda: 20, ...options })
  const learner = new Learner(model, { optimizer, method })
  const numbers: number[] = []
  for (const set of sets) {
    for (const { loss, penalty } of await drain(
      learner.fit(set, { epochs: 2, batchSize, every: 3, schedule: linearDecay }),
    ))
      numbers.push(loss, penalty ?? -1)
    learner.consolidate(set, {
      batchSize,
      ...(options.estimator === 'sampled' ? { batches: Math.ceil(250 / batchSize) } : {}),
    })
    const { accuracy, loss } = learner.evaluate(set)
    numbers.push(accuracy, loss, method.penalty(model.parameters()) ?? -1)
  }
  const shares = model.parameters().flatMap((parameter) => {
    const { precision, anchor } = method.quadratic(model.parameters())?.of(parameter) ?? {}
    return [precision as Float32Array, anchor as Float32Array]
  })
  const { probabilities } = learner.predict(new Float32Array(features * 3).fill(0.3))
  return [stateOf(model), hashOf([...shares, probabilities]), ...numbers].join(' ')
}

const settings: [string, (size: Size) => Promise<string>][] = [
  ['Adam, exact', (size) => outcome(size, false, new Adam({ learningRate: 3e-3 }), {})],
  ['Adam, BatchNorm, sampled, floor', (size) => outcome(size, true, new Adam(), { estimator: 'sampled', floor: 0.5 })],
  [
    'Sgd with momentum and weight decay, BatchNorm, empirical',
    (size) => {
      const sgd = new Sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 1e-3 })
      return outcome(size, true, sgd, { estimator: 'empirical', lambda: 2 })
    },
  ],
  [
    'Adam, BatchNorm, article',
    (size) => outcome(size, true, new Adam(), { estimator: 'article', lambda: 1e4, mode: 'latest' }),
  ],
]

describe('two tasks', () => {
  it('find the portable table and those of this processor', () => {
    expect(tables).toContain('portable')
    for (const name of tables) {
      native.selectTable(name)
      expect(tables[native.currentTable()]).toBe(name)
    }
  })

  it.each(settings)('have the same bits with every table: %s', async (_, run) => {
    const outcomes = new Map<string, string>()
    for (const name of tables) {
      native.selectTable(name)
      outcomes.set(name, await run(SMALL))
    }
    for (const name of tables) expect([name, outcomes.get(name)]).toEqual([name, outcomes.get('portable')])
  })

  it.each(settings)('have the same bits with any number of threads: %s', async (_, run) => {
    native.selectTable(started)
    native.setThreads(1)
    const alone = await run(LARGE)
    for (const threads of [2, 3, 7]) {
      native.setThreads(threads)
      expect([threads, await run(LARGE)]).toEqual([threads, alone])
    }
  })

  it.each(settings)('have the same bits each time: %s', async (_, run) => {
    native.selectTable(started)
    expect(await run(SMALL)).toBe(await run(SMALL))
  })
})
