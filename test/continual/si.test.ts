import { describe, expect, it } from 'vitest'
import { Si } from '../../src/continual/si.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { numbers, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { heldOf, make, sets, sgd, steps, walk, walked } from './si.walk.ts'

/** what a step did, as an optimizer sees it: omega -= g (after - before), in float64 */
class Recorder implements Optimizer {
  readonly #inner = sgd()
  readonly start = new Map<Parameter, Float32Array>()
  readonly omega = new Map<Parameter, Float64Array>()
  /** the sum of the absolute terms, which roundings are a share of */
  readonly size = new Map<Parameter, Float64Array>()
  learningRate = 0.05

  step(...[parameters, options]: Parameters<Optimizer['step']>): number {
    for (const parameter of parameters)
      if (!this.start.has(parameter)) this.start.set(parameter, parameter.data.slice())
    const before = parameters.map(({ data, gradient }) => ({ data: data.slice(), gradient: gradient.slice() }))
    const penalty = this.#inner.step(parameters, options)
    parameters.forEach((parameter, at) => {
      const { data, gradient } = before[at] as (typeof before)[number]
      const omega = this.omega.get(parameter) ?? new Float64Array(parameter.size)
      const size = this.size.get(parameter) ?? new Float64Array(parameter.size)
      this.omega.set(parameter, omega)
      this.size.set(parameter, size)
      parameter.data.forEach((after, i) => {
        const term = (gradient[i] as number) * (after - (data[i] as number))
        omega[i]! -= term
        size[i]! += Math.abs(term)
      })
    })
    return penalty
  }

  reset(): void {
    for (const map of [this.start, this.omega, this.size]) map.clear()
  }
}

describe('the path integral', () => {
  it('is the loop over every step of a learner, task by task, and the penalty is about the latest weights', () => {
    const [model, si, recorder] = [make(), new Si({ lambda: 4, damping: 0.01 }), new Recorder()]
    const learner = new Learner(model, { optimizer: recorder, method: si })
    const sums = model
      .parameters()
      .map(({ size }) => ({ omega: new Float64Array(size), error: new Float64Array(size) }))
    for (const set of sets) {
      steps(learner, set, 12)
      learner.consolidate(set)
      model.parameters().forEach((parameter, at) => {
        const { omega, error } = sums[at] as (typeof sums)[number]
        parameter.data.forEach((theta, i) => {
          const moved = theta - (recorder.start.get(parameter)?.[i] as number)
          const below = moved * moved + 0.01
          omega[i]! += Math.max(0, recorder.omega.get(parameter)?.[i] as number) / below
          // a difference and a product a step, then 12 additions
          error[i]! += (14 * UNIT_ROUNDOFF * (recorder.size.get(parameter)?.[i] as number)) / below
        })
        const held = si.quadratic(model.parameters())?.of(parameter)
        const allowed = (value: number, i: number) => (error[i] as number) + 4 * UNIT_ROUNDOFF * value + 1e-38
        expect(worst(held?.precision ?? [], omega, allowed)).toBeLessThan(1)
        expect(held?.anchor).toEqual(parameter.data)
      })
      recorder.reset()
    }
    const all = sums.flatMap(({ omega }) => [...omega])
    expect(all.filter((omega) => omega > 0).length).toBeGreaterThan(all.length / 2)
    expect(all.filter((omega) => omega === 0).length).toBeLessThan(all.length / 2)
  })

  it('with tiny steps down a quadratic is the fall of the loss, parameter by parameter', () => {
    const size = 8
    const random = Random.from(1)
    const curvature = Float32Array.from({ length: size }, () => 0.5 + random.uniform())
    const parameter = new Parameter('p', [size], numbers(size, random, 2))
    const loss = () => Float64Array.from(parameter.data, (theta, i) => ((curvature[i] as number) * theta ** 2) / 2)
    const [start, before] = [parameter.data.slice(), loss()]
    const [si, rate] = [new Si({ lambda: 1, damping: 0.1 }), 1e-3]
    for (let step = 0; step < 800; step++) {
      parameter.gradient.forEach((_, i) => {
        parameter.gradient[i] = (curvature[i] as number) * (parameter.data[i] as number)
      })
      si.addGradient([parameter])
      parameter.data.forEach((theta, i) => {
        parameter.data[i] = theta - rate * (parameter.gradient[i] as number)
      })
    }
    si.consolidate()
    const fall = loss().map((after, i) => (before[i] as number) - after)
    const omega = heldOf(si, parameter)?.precision.map(
      (value, i) => value * (((parameter.data[i] as number) - (start[i] as number)) ** 2 + 0.1),
    )
    // a step of rate r along curvature h falls by r g^2 (1 - r h / 2): h <= 1.5; and its length of 1e-4 is rounded by 6e-8
    expect(worst(omega ?? [], fall, (value) => 2e-3 * value)).toBeLessThan(1)
    expect(Math.min(...fall)).toBeGreaterThan(1e-3)
  })

  it('is what it is where numbers are whole: damped, clamped at 0, summed over tasks', () => {
    const si = new Si({ lambda: 2, damping: 0.5 })
    // down by 2 then 2; up; to and fro
    const path = [
      { gradient: [2, 1, 4], to: [-1, 1, -2] },
      { gradient: [2, 3, 4], to: [-2, 2, 0] },
    ]
    const parameter = walked(si, [0, 0, 0], path)
    si.consolidate()
    // 4 / (4 + 0.5), max(0, -4) / (4 + 0.5), (8 - 8) / (0 + 0.5)
    expect(heldOf(si, parameter)?.precision).toEqual(Float32Array.of(4 / 4.5, 0, 0))
    expect(heldOf(si, parameter)?.anchor).toEqual(Float32Array.of(-2, 2, 0))
    walk(si, parameter, [{ gradient: [-1, -1, 0], to: [-1, 3, 9] }])
    si.consolidate()
    const omega = Float32Array.of(Math.fround(4 / 4.5) + Math.fround(1 / 1.5), 1 / 1.5, 0)
    expect(heldOf(si, parameter)?.precision).toEqual(omega)
    expect(heldOf(si, parameter)?.anchor).toEqual(Float32Array.of(-1, 3, 9))
    expect(si.quadratic([parameter])).toMatchObject({ lambda: 2, constant: 0, largest: omega[0] })
  })

  it('has the damping of the paper by default', () => {
    const si = new Si({ lambda: 1 })
    const parameter = walked(si, [0], [{ gradient: [-3], to: [2] }])
    si.consolidate()
    expect(heldOf(si, parameter)?.precision).toEqual(Float32Array.of(6 / 4.1))
    expect(si.damping).toBe(0.1)
  })

  it('goes on for what was there when a parameter is added in the middle of a task', () => {
    const si = new Si({ lambda: 1, damping: 0.5 })
    const parameter = walked(si, [0], [{ gradient: [-1], to: [1] }])
    const added = new Parameter('added', [1], Float32Array.of(5))
    added.gradient[0] = 1
    parameter.gradient[0] = -1
    si.addGradient([parameter, added])
    parameter.data[0] = 2
    added.data[0] = 4
    si.consolidate()
    expect(heldOf(si, parameter)?.precision).toEqual(Float32Array.of(2 / 4.5))
    expect(heldOf(si, added)?.precision).toEqual(Float32Array.of(1 / 1.5))
  })
})

describe('nothing to consolidate', () => {
  it('is refused when no step was taken or none lowered the loss, and the path goes on', () => {
    const si = new Si({ lambda: 1, damping: 0.5 })
    refusal('PENALTY_POWERLESS', () => si.consolidate())
    const parameter = walked(si, [0], [{ gradient: [1], to: [2] }])
    const before = si.state([parameter])
    refusal('PENALTY_POWERLESS', () => si.consolidate())
    expect(si.state([parameter])).toEqual(before)
    expect(si.quadratic([parameter])).toBeNull()
    walk(si, parameter, [{ gradient: [1], to: [-2] }])
    si.consolidate()
    // -2 + 4, over (-2)^2 + 0.5
    expect(heldOf(si, parameter)?.precision).toEqual(Float32Array.of(2 / 4.5))
    refusal('PENALTY_POWERLESS', () => si.consolidate())
    expect(heldOf(si, parameter)?.precision).toEqual(Float32Array.of(2 / 4.5))
  })

  it('and options that are none are refused', () => {
    for (const lambda of [-1, Number.NaN, Infinity]) refusal('INVALID_ARGUMENT', () => new Si({ lambda }))
    for (const damping of [0, -1, Number.NaN]) refusal('INVALID_ARGUMENT', () => new Si({ lambda: 1, damping }))
  })
})
