import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Adam } from '../../src/optim/adam.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { hashOf, thrown } from '../toy.ts'
import { quadraticOf, run } from './references.ts'

const DISTANCE = 1e-3

/** A parameter a little off its anchor, with the largest precision on one element alone. */
function offset(largest: number) {
  const parameter = new Parameter('p', [3], Float32Array.of(DISTANCE, DISTANCE, DISTANCE))
  const precision = Float32Array.of(largest / 2, largest, 0)
  return { parameter, precision, shares: new Map([[parameter, { precision, anchor: new Float32Array(3) }]]) }
}

const codeAt = (learningRate: number, momentum: number, lambda: number, largest: number): string => {
  const { parameter, shares } = offset(largest)
  const before = hashOf([parameter.data])
  try {
    new Sgd({ learningRate, momentum }).step([parameter], { quadratic: quadraticOf(lambda, shares) })
  } catch (error) {
    expect(hashOf([parameter.data])).toBe(before)
    return (error as { code: string }).code
  }
  return 'none'
}

const settings = fc.record({
  lambda: fc.double({ min: 0.01, max: 1e4, noNaN: true }),
  largest: fc.double({ min: 1e-4, max: 100, noNaN: true }).map(Math.fround),
  momentum: fc.double({ min: 0, max: 0.9, noNaN: true }),
})

describe('the stability of the penalty', () => {
  it('is refused exactly when learningRate * lambda * largest is above 2 (1 + momentum)', () => {
    fc.assert(
      fc.property(settings, fc.double({ min: 0.5, max: 2, noNaN: true }), ({ lambda, largest, momentum }, share) => {
        const learningRate = (share * 2 * (1 + momentum)) / (lambda * largest)
        const above = learningRate * lambda * largest > 2 * (1 + momentum)
        expect(codeAt(learningRate, momentum, lambda, largest)).toBe(above ? 'PENALTY_UNSTABLE' : 'none')
      }),
    )
    // on the limit, in numbers without rounding, and one float32 above it
    expect(codeAt(0.5, 0, 4, 1)).toBe('none')
    expect(codeAt(0.5, 0, 4, 1 + 2 ** -23)).toBe('PENALTY_UNSTABLE')
    expect(codeAt(0.5, 0.5, 6, 1)).toBe('none')
    expect(codeAt(0.5, 0.5, 6, 1 + 2 ** -23)).toBe('PENALTY_UNSTABLE')
  })

  it('is a true limit: 10 % above it the pure quadratic diverges, 10 % below it converges', () => {
    const distanceAfter = (
      steps: number,
      sgd: Sgd,
      { parameter, precision }: ReturnType<typeof offset>,
      lambda: number,
    ) => {
      for (let i = 0; i < steps; i++) {
        // the penalty as a plain gradient, which nothing checks
        parameter.gradient.set(parameter.data.map((theta, j) => lambda * (precision[j] as number) * theta))
        sgd.step([parameter])
      }
      return Math.abs(parameter.data[1] as number)
    }
    fc.assert(
      fc.property(settings, ({ lambda, largest, momentum }) => {
        const learningRate = (2 * (1 + momentum)) / (lambda * largest)
        const [below, above] = [0.9, 1.1].map((share) => share * learningRate) as [number, number]
        expect(codeAt(below, momentum, lambda, largest)).toBe('none')
        expect(codeAt(above, momentum, lambda, largest)).toBe('PENALTY_UNSTABLE')
        // below, the roots of the recursion are at most max(0.8, sqrt(0.9)) in size: 0.95^200 is 4e-5;
        // above, the larger one is at least 1.2 without momentum and 1.7 with 0.9: 1.2^50 is 9e3
        const converged = distanceAfter(200, new Sgd({ learningRate: below, momentum }), offset(largest), lambda)
        expect(converged).toBeLessThan(0.01 * DISTANCE)
        const diverged = distanceAfter(50, new Sgd({ learningRate: above, momentum }), offset(largest), lambda)
        expect(diverged).toBeGreaterThan(1000 * DISTANCE)
      }),
    )
  })

  it('counts the rate of the schedule', () => {
    const { parameter, shares } = offset(1)
    const sgd = new Sgd({ learningRate: 1 })
    const quadratic = quadraticOf(3, shares)
    expect(thrown(() => sgd.step([parameter], { quadratic })).code).toBe('PENALTY_UNSTABLE')
    expect(sgd.step([parameter], { quadratic, rate: 0.5 })).toBeGreaterThan(0)
  })

  it('says what to do about it, and has changed nothing, the velocity included', () => {
    const [sgd, twin] = [0, 1].map(() => new Sgd({ learningRate: 1, momentum: 0.5 })) as [Sgd, Sgd]
    const [one, other] = [offset(2), offset(2)]
    run(sgd, one.parameter, {}, 1)
    run(twin, other.parameter, {}, 1)
    const error = thrown(() => sgd.step([one.parameter], { quadratic: quadraticOf(8, one.shares) }))
    expect(error.code).toBe('PENALTY_UNSTABLE')
    // 16 against 2 (1 + 0.5) = 3
    expect(error.message).toMatch(
      /is 16,.*= 3 .*learning rate below 0\.1875 or a lambda below 1\.5, or the option proximal$/,
    )
    expect(run(sgd, one.parameter)).toBe(run(twin, other.parameter))
  })

  it('is no matter to Adam, whose step has a bounded length', () => {
    const { parameter, shares } = offset(1)
    const adam = new Adam({ learningRate: 0.01 })
    for (let i = 0; i < 500; i++) adam.step([parameter], { quadratic: quadraticOf(1e6, shares) })
    expect(Math.abs(parameter.data[1] as number)).toBeLessThan(0.02)
  })
})
