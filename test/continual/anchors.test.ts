import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Anchors, type Mode } from '../../src/continual/anchors.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Quadratic } from '../../src/optim/optimizer.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, inputsOf, nudge, UNIT_ROUNDOFF, worst } from '../toy.ts'

const element = fc.record({
  anchor: fc.float({ min: -2, max: 2, noNaN: true }),
  f: fc.oneof(fc.constant(0), fc.float({ min: Math.fround(1e-6), max: 4, noNaN: true })),
})
const drawn = fc
  .record({ tasks: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 1, max: 40 }) })
  .chain(({ tasks, size }) =>
    fc.record({
      tasks: fc.array(fc.array(element, { minLength: size, maxLength: size }), { minLength: tasks, maxLength: tasks }),
      gamma: fc.constantFrom(1, 0.5, 0.9, 0),
      lambda: fc.double({ min: 0.01, max: 100, noNaN: true }),
    }),
  )
  .filter(({ tasks }) => tasks.every((task) => task.some(({ f }) => f > 0)))

const parameter = (name: string, values: readonly number[]) =>
  new Parameter(name, [values.length], Float32Array.from(values))

const heldOf = (anchors: Anchors | Ewc, one: Parameter) =>
  (anchors instanceof Ewc ? anchors.quadratic([one]) : anchors.quadratic([one], 1))?.of(one)

describe('the online penalty', () => {
  it('is the loop over the tasks: precision = gamma precision + F, about the latest anchor', () => {
    fc.assert(
      fc.property(drawn, ({ tasks, gamma, lambda }) => {
        const size = tasks[0]?.length as number
        const theta = parameter('p', new Array(size).fill(0))
        const ewc = new Ewc({ lambda, mode: 'online', gamma })
        const precision = new Float64Array(size)
        for (const task of tasks) {
          theta.data.set(task.map(({ anchor }) => anchor))
          ewc.add(new Map([[theta, Float32Array.from(task, ({ f }) => f)]]))
          for (const [i, { f }] of task.entries()) precision[i] = gamma * (precision[i] as number) + f
        }
        const anchor = Float32Array.from(tasks.at(-1) ?? [], (last) => last.anchor + 0)
        theta.data.fill(1.5)
        const quadratic = ewc.quadratic([theta]) as Quadratic
        const held = quadratic.of(theta)
        // -0 and 0 are one place
        expect(held?.anchor.map((place) => place + 0)).toEqual(anchor)
        // a product and a sum a task
        const rounding = 2 * tasks.length * UNIT_ROUNDOFF
        expect(worst(held?.precision ?? [], precision, (value) => rounding * value + 2 ** -140)).toBeLessThan(1)
        expect(quadratic.constant).toBe(0)
        expect(quadratic.largest).toBe(Math.max(...(held?.precision ?? [])))
        const value = precision.reduce((sum, f, i) => sum + (lambda / 2) * f * (1.5 - (anchor[i] as number)) ** 2, 0)
        const penalty = ewc.penalty([theta]) as number
        expect(Math.abs(penalty - value)).toBeLessThanOrEqual((rounding + 12 * UNIT_ROUNDOFF) * value + 1e-35)
        expect(ewc.tasks).toBe(tasks.length)
      }),
      { numRuns: 300 },
    )
  })

  it('in numbers: gamma 1 sums, gamma 0.5 halves what was', () => {
    const precisionOf = (gamma: number) => {
      const theta = parameter('p', [0, 0])
      const ewc = new Ewc({ lambda: 2, mode: 'online', gamma })
      for (const [at, f] of [1, 2, 4].entries()) {
        theta.data.fill(at)
        ewc.add(new Map([[theta, Float32Array.of(f, 0.5)]]))
      }
      expect(ewc.penalty([theta])).toBe(0)
      theta.data.fill(4)
      const { precision, anchor } = heldOf(ewc, theta) ?? {}
      expect(anchor).toEqual(Float32Array.of(2, 2))
      return { precision, penalty: ewc.penalty([theta]) }
    }
    // (2 / 2) (7 + 1.5) 2^2
    expect(precisionOf(1)).toEqual({ precision: Float32Array.of(7, 1.5), penalty: 34 })
    // 4 + (2 + 1 / 2) / 2, 0.5 (1 + 1 / 2 + 1 / 4)
    expect(precisionOf(0.5)).toEqual({ precision: Float32Array.of(5.25, 0.875), penalty: 24.5 })
    expect(precisionOf(0)).toEqual({ precision: Float32Array.of(4, 0.5), penalty: 18 })
  })

  it('of a parameter that a task says nothing of fades as any other, about where it is now', () => {
    const [one, other] = [parameter('one', [0, 0]), parameter('other', [0, 0])]
    const both = new Map([
      [one, Float32Array.of(1, 2)],
      [other, Float32Array.of(4, 8)],
    ])
    const left = (mode: Mode) => {
      const anchors = new Anchors('toy')
      one.data.fill(0)
      other.data.fill(0)
      anchors.add(both, mode, 0.5)
      one.data.fill(1)
      other.data.fill(3)
      anchors.add(new Map([[one, Float32Array.of(1, 1)]]), mode, 0.5)
      return heldOf(anchors, other)
    }
    expect(left('online')).toEqual({ precision: Float32Array.of(2, 4), anchor: Float32Array.of(3, 3) })
    expect(left('separate')).toEqual({ precision: Float32Array.of(4, 8), anchor: Float32Array.of(0, 0) })
  })

  it('has no constant, even after tasks that had one', () => {
    const theta = parameter('p', [0])
    const anchors = new Anchors('toy')
    for (const mode of ['separate', 'separate', 'online'] as const) {
      anchors.add(new Map([[theta, Float32Array.of(1)]]), mode)
      theta.data[0] = (theta.data[0] as number) + 1
    }
    // 1 / (1 / 1 + 1 / 1) 1^2 is dropped: (1 / 2) 3 (3 - 2)^2
    expect(anchors.penalty([theta], 1)).toBe(1.5)
  })

  it('of a model has the Fisher of every task, measured where the task ended', () => {
    const model = new Mlp([5, 6, 4], { batchNorm: true, seed: 1 })
    const ewc = new Ewc({ lambda: 3, mode: 'online', gamma: 0.5 })
    const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method: ewc })
    const sums = new Map(model.parameters().map((one) => [one, new Float64Array(one.size)]))
    for (const seed of [1, 2, 3]) {
      const set = blobs({ count: 20, features: 5, classes: 4, seed })
      for (let step = 0; step < 5; step++) learner.step(inputsOf(set), set.labels)
      for (const [one, f] of fisherDiagonal(model, set, { estimator: 'exact', random: Random.from(0) }))
        f.forEach((value, i) => {
          const sum = sums.get(one) as Float64Array
          sum[i] = 0.5 * (sum[i] as number) + value
        })
      learner.consolidate(set)
    }
    const latest = model.parameters().map(({ data }) => data.slice())
    nudge(model.parameters(), Random.from(4))
    model.parameters().forEach((one, at) => {
      const held = ewc.quadratic(model.parameters())?.of(one)
      const found = held?.precision ?? []
      expect(worst(found, sums.get(one) ?? [], (value) => 6 * UNIT_ROUNDOFF * value + 1e-40)).toBeLessThan(1)
      expect(held?.anchor).toEqual(latest[at])
    })
  })
})
