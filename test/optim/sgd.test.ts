import { describe, expect, it } from 'vitest'
import { Sgd } from '../../src/optim/sgd.ts'
import { codeOf, UNIT_ROUNDOFF } from '../toy.ts'
import { race, sgdReference } from './references.ts'

const STEPS = 50

const settings = [0, 0.9].flatMap((momentum) =>
  [0, 0.05].flatMap((weightDecay) => [0, 0.7].map((lambda) => ({ learningRate: 0.05, momentum, weightDecay, lambda }))),
)

describe('Sgd', () => {
  it.each(settings)('follows float64 for 50 steps: %o', ({ lambda, ...options }) => {
    const { learningRate, momentum } = options
    const { difference, penalty, most } = race(
      new Sgd(options),
      (descent) => sgdReference(descent, options),
      lambda,
      STEPS,
    )
    // a step rounds theta once; the velocity, at most 2 / (1 - momentum), three times before it is scaled down, and
    // momentum keeps such an error for 1 / (1 - momentum) steps
    const horizon = 1 / (1 - momentum)
    expect(difference).toBeLessThan(STEPS * UNIT_ROUNDOFF * (most + learningRate * 6 * horizon * horizon))
    // all terms are positive; a lane adds at most 256 of them, each rounded at most 4 times
    expect(penalty).toBeLessThan(260 * UNIT_ROUNDOFF)
  })

  it('refuses options outside their range', () => {
    for (const wrong of [-0.1, Number.NaN, Infinity, '0.1' as unknown as number]) {
      expect(codeOf(() => new Sgd({ learningRate: wrong }))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => new Sgd({ learningRate: 0.1, momentum: wrong }))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => new Sgd({ learningRate: 0.1, weightDecay: wrong }))).toBe('INVALID_ARGUMENT')
    }
    expect(codeOf(() => new Sgd({ learningRate: 0.1, momentum: 1 }))).toBe('INVALID_ARGUMENT')
  })
})
