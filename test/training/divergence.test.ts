import { describe, expect, it } from 'vitest'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, inputsOf, rejection, stateOf, thrown } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 40 })
const optimizers: [string, () => Optimizer][] = [
  ['Sgd', () => new Sgd({ learningRate: 1e30 })],
  ['Sgd with momentum', () => new Sgd({ learningRate: 1e30, momentum: 0.9 })],
  ['Adam', () => new Adam({ learningRate: 1e38 })],
]

describe.each(optimizers)('training that diverges with %s', (_, optimizer) => {
  it.each([false, true])(
    'ends with NON_FINITE and the model before the failing step, BatchNorm %s',
    async (batchNorm) => {
      const model = new Mlp([6, 9, 7, 4], { seed: 1, batchNorm })
      const learner = new Learner(model, { optimizer: optimizer() })
      let held = stateOf(model)
      const error = thrown(() => {
        for (let i = 0; i < 50; i++) {
          held = stateOf(model)
          learner.step(inputsOf(set), set.labels)
          expect(stateOf(model)).not.toBe(held)
        }
      })
      expect(error.code).toBe('NON_FINITE')
      expect(error.message).toContain('smaller learning rate')
      expect(stateOf(model)).toBe(held)

      const same = new Mlp([6, 9, 7, 4], { seed: 1, batchNorm })
      const fit = new Learner(same, { optimizer: optimizer() }).fit(set, { epochs: 50, batchSize: 40, every: 1 })
      let last = ''
      const run = async () => {
        for await (const _ of fit) last = stateOf(same)
      }
      expect((await rejection(run())).code).toBe('NON_FINITE')
      expect(stateOf(same)).toBe(last)
      await expect(drain(fit)).resolves.toEqual([])
    },
  )
})
