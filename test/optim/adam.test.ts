import { describe, expect, it } from 'vitest'
import { Adam } from '../../src/optim/adam.ts'
import { codeOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { adamReference, race, weights } from './references.ts'

const STEPS = 50

const settings = [
  { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  { learningRate: 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 },
  { learningRate: 0.02, beta1: 0, beta2: 0.99, epsilon: 1e-8 },
].flatMap((options) => [0, 3].map((lambda) => ({ ...options, lambda })))

describe('Adam', () => {
  it.each(settings)('follows float64 for 50 steps: %o', ({ lambda, ...options }) => {
    const { difference, penalty, most } = race(
      new Adam(options),
      (descent) => adamReference(descent, options),
      lambda,
      STEPS,
    )
    // a step rounds theta once, and its own length, at most the learning rate times sqrt(50), in 8 operations
    expect(difference).toBeLessThan(STEPS * UNIT_ROUNDOFF * (most + 8 * Math.sqrt(STEPS) * options.learningRate))
    // all terms are positive; a lane adds at most 256 of them, each rounded at most 4 times
    expect(penalty).toBeLessThan(260 * UNIT_ROUNDOFF)
  })

  it('takes a first step of the length of the learning rate, against the gradient', () => {
    for (const beta2 of [0.9, 0.99, 0.999, 0.9999]) {
      const parameter = weights()
      parameter.gradient.set(parameter.data)
      const signs = parameter.data.map(Math.sign)
      parameter.data.fill(0)
      new Adam({ learningRate: 0.25, beta2, epsilon: 0 }).step([parameter])
      // 10 operations; corrections that belong to other betas than the kernel's float32 ones would be wrong by 1e-5
      expect(
        worst(
          parameter.data,
          signs.map((sign) => -0.25 * sign),
          () => 2.5 * UNIT_ROUNDOFF,
        ),
      ).toBeLessThan(1)
    }
  })

  it('has the defaults of the paper', () => {
    expect(new Adam()).toMatchObject({ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 })
  })

  it('refuses options outside their range', () => {
    for (const wrong of [-0.1, Number.NaN, Infinity, '0.1' as unknown as number])
      for (const name of ['learningRate', 'beta1', 'beta2', 'epsilon'])
        expect(codeOf(() => new Adam({ [name]: wrong }))).toBe('INVALID_ARGUMENT')
    for (const name of ['beta1', 'beta2']) {
      expect(codeOf(() => new Adam({ [name]: 1 }))).toBe('INVALID_ARGUMENT')
      // 1 in float32
      expect(codeOf(() => new Adam({ [name]: 1 - 1e-9 }))).toBe('INVALID_ARGUMENT')
    }
  })
})
