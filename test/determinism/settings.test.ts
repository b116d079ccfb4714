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
afterAll(() => native.selectTable(started))

// sizes that are no multiple of a vector or of a tile, and a set that is no multiple of a chunk
const sets = [1, 2].map((seed) => blobs({ features: 53, classes: 7, count: 411, seed }))

/** everything that comes out of two tasks: weights, statistics, losses, penalties, accuracies and probabilities */
async function outcome(batchNorm: boolean, optimizer: Optimizer, options: Partial<EwcOptions>): Promise<string> {
  const model = new Mlp([53, 37, 21, 7], { seed: 3, batchNorm })
  const method = new Ewc({ lambda: 20, ...options })
  const learner = new Learner(model, { optimizer, method })
  const numbers: number[] = []
  for (const set of sets) {
    for (const { loss, penalty } of await drain(
      learner.fit(set, { epochs: 2, batchSize: 50, every: 3, schedule: linearDecay }),
    ))
      numbers.push(loss, penalty ?? -1)
    learner.consolidate(set, { batchSize: 50, ...(options.estimator === 'sampled' ? { batches: 5 } : {}) })
    const { accuracy, loss } = learner.evaluate(set)
    numbers.push(accuracy, loss, method.penalty(model.parameters()) ?? -1)
  }
  const shares = model.parameters().flatMap((parameter) => {
    const { precision, anchor } = method.quadratic(model.parameters())?.of(parameter) ?? {}
    return [precision as Float32Array, anchor as Float32Array]
  })
  const { probabilities } = learner.predict(new Float32Array(53 * 3).fill(0.3))
  return [stateOf(model), hashOf([...shares, probabilities]), ...numbers].join(' ')
}

const settings: [string, () => Promise<string>][] = [
  ['Adam, exact', () => outcome(false, new Adam({ learningRate: 3e-3 }), {})],
  ['Adam, BatchNorm, sampled, floor', () => outcome(true, new Adam(), { estimator: 'sampled', floor: 0.5 })],
  [
    'Sgd with momentum and weight decay, BatchNorm, empirical',
    () => {
      const sgd = new Sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 1e-3 })
      return outcome(true, sgd, { estimator: 'empirical', lambda: 2 })
    },
  ],
  ['Adam, BatchNorm, article', () => outcome(true, new Adam(), { estimator: 'article', lambda: 1e4, mode: 'latest' })],
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
      outcomes.set(name, await run())
    }
    for (const name of tables) expect([name, outcomes.get(name)]).toEqual([name, outcomes.get('portable')])
  })

  it.each(settings)('have the same bits each time: %s', async (_, run) => {
    native.selectTable(started)
    expect(await run()).toBe(await run())
  })
})
