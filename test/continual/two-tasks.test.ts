import { describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import type { Method } from '../../src/continual/method.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, hashOf, stateOf, watched } from '../toy.ts'

const taskOf = (seed: number) => blobs({ features: 12, classes: 6, count: 200, spread: 30, seed })
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7]

/** one task after the other, with the same labels in other places */
async function train(seed: number, method: Method | null, wrap = (model: Classifier) => model) {
  const [first, second] = [taskOf(2 * seed), taskOf(2 * seed + 1)]
  const model = new Mlp([12, 24, 6], { seed })
  const learner = new Learner(wrap(model), { optimizer: new Adam({ learningRate: 0.01 }), method })
  await drain(learner.fit(first, { epochs: 15, batchSize: 20 }))
  const learnt = learner.evaluate(first).accuracy
  learner.consolidate(first, { batchSize: 20, batches: 5 })
  await drain(learner.fit(second, { epochs: 15, batchSize: 20 }))
  const [kept, added] = [first, second].map((set) => learner.evaluate(set).accuracy) as [number, number]
  return { bits: stateOf(model), learnt, kept, added }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('a second task', () => {
  it('erases the first; with Ewc, far less, and it is learnt all the same', async () => {
    const gains: number[] = []
    const added: number[] = []
    for (const seed of SEEDS) {
      const [bare, held] = [await train(seed, null), await train(seed, new Ewc({ lambda: 30 }))]
      expect([bare.learnt, held.learnt]).toEqual([1, 1])
      gains.push(held.kept - bare.kept)
      added.push(held.added)
    }
    // paired over seeds: a t of 3 has a chance of 1 in 100 with 7 degrees of freedom
    const gain = mean(gains)
    const deviation = Math.sqrt(gains.reduce((sum, value) => sum + (value - gain) ** 2, 0) / (SEEDS.length - 1))
    expect(gain).toBeGreaterThan(0.1)
    expect(gain / (deviation / Math.sqrt(SEEDS.length))).toBeGreaterThan(3)
    expect(mean(added)).toBeGreaterThan(0.95)
  })

  it('with lambda 0 has the bits of no method, whatever a consolidation drew', async () => {
    const { bits } = await train(1, null)
    for (const estimator of ['exact', 'sampled', 'empirical', 'article'] as const)
      expect((await train(1, new Ewc({ lambda: 0, estimator }))).bits).toBe(bits)
    expect((await train(1, new Ewc({ lambda: 1 }))).bits).not.toBe(bits)
  })

  it('is seen in the same batches with any method as with none', async () => {
    const batchesOf = async (method: Method | null) => {
      const seen: string[] = []
      let consolidating = false
      const spied: Method | null = method && {
        name: method.name,
        storesSamples: method.storesSamples,
        quadratic: (parameters) => method.quadratic?.(parameters) ?? null,
        consolidate(task) {
          consolidating = true
          method.consolidate(task)
          consolidating = false
        },
      }
      await train(1, spied, (model) =>
        watched(model, (x, mode) => {
          if (mode === 'training' && !consolidating) seen.push(hashOf([x.read()]))
        }),
      )
      return seen
    }
    const bare = await batchesOf(null)
    expect(bare).toHaveLength(2 * 15 * 10)
    for (const estimator of ['exact', 'sampled', 'article'] as const)
      expect(await batchesOf(new Ewc({ lambda: 30, estimator }))).toEqual(bare)
  })
})
