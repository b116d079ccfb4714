import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { quadraticOf } from './references.ts'

const element = fc.double({ min: -2, max: 2, noNaN: true })
const shape = fc.record({ theta: element, gradient: element, anchor: element })

describe('the proximal step', () => {
  it('ends where plain step and pull together are least: the derivative of its objective is 0 there', () => {
    fc.assert(
      fc.property(
        shape,
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (at, f, lambda) => {
          const parameter = new Parameter('p', [1], Float32Array.of(at.theta))
          parameter.gradient[0] = at.gradient
          const shares = new Map([[parameter, { precision: Float32Array.of(f), anchor: Float32Array.of(at.anchor) }]])
          const before = (lambda / 2) * Math.fround(f) * (Math.fround(at.theta) - Math.fround(at.anchor)) ** 2
          const learningRate = 0.1
          const penalty = new Sgd({ learningRate, proximal: true }).step([parameter], {
            quadratic: quadraticOf(lambda, shares),
          })
          const theta = parameter.data[0] as number
          // of (theta - (theta_0 - learningRate gradient))^2 / (2 learningRate) + (lambda / 2) F (theta - anchor)^2
          const stiffness = 1 / learningRate + lambda * f
          const derivative = (theta - at.theta) / learningRate + at.gradient + lambda * f * (theta - at.anchor)
          expect(Math.abs(derivative) / stiffness).toBeLessThan(1e-6)
          expect(Math.abs(penalty - before)).toBeLessThanOrEqual(1e-6 * before + 1e-30)
        },
      ),
    )
  })

  it('goes to the anchor, however strong the penalty, where the explicit step is refused', () => {
    const parameter = new Parameter('p', [2], Float32Array.of(1, 1))
    const shares = new Map([[parameter, { precision: Float32Array.of(1e6, 0), anchor: Float32Array.of(0.25, 0.25) }]])
    const quadratic = quadraticOf(100, shares)
    expect(() => new Sgd({ learningRate: 0.1 }).step([parameter], { quadratic })).toThrow(/proximal/)
    const sgd = new Sgd({ learningRate: 0.1, momentum: 0.5, proximal: true })
    for (let i = 0; i < 20; i++) sgd.step([parameter], { quadratic })
    expect(parameter.data[0]).toBeCloseTo(0.25, 6)
    expect(parameter.data[1]).toBe(1)
  })

  it('is the plain step where nothing pulls', () => {
    const make = () => {
      const parameter = new Parameter('p', [3], Float32Array.of(1, -2, 3))
      parameter.gradient.set([0.5, 0.25, -1])
      return parameter
    }
    const [one, other] = [make(), make()] as [Parameter, Parameter]
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 }
    new Sgd({ ...options, proximal: true }).step([one])
    new Sgd(options).step([other])
    expect(one.data).toEqual(other.data)
  })
})
