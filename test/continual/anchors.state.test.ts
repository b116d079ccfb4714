import { describe, expect, it } from 'vitest'
import type { Mode } from '../../src/continual/anchors.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import type { MethodState } from '../../src/continual/method.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { blobs, inputsOf, nudge, stateOf } from '../toy.ts'

const sets = [1, 2, 3].map((seed) => blobs({ count: 20, features: 5, classes: 3, seed }))
const learn = (model: Mlp, method: Ewc, of: typeof sets, seed = 0) => {
  const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method, seed })
  for (const set of of) {
    for (let step = 0; step < 4; step++) learner.step(inputsOf(set), set.labels)
    learner.consolidate(set)
  }
}
const make = (outputs = 3) => new Mlp([5, 6, outputs], { batchNorm: true, seed: 1 })

describe('a state', () => {
  it.each<[Mode, number]>([
    ['separate', 1],
    ['online', 0.5],
    ['latest', 1],
  ])('of mode %s goes on with the same bits', (mode, gamma) => {
    const run = (restores: boolean, lambda = 2) => {
      const model = make()
      const old = new Ewc({ lambda, mode, gamma })
      learn(model, old, sets.slice(0, 2))
      const state = structuredClone(old.state(model.parameters()))
      const method = restores ? new Ewc({ lambda, mode, gamma }) : old
      if (restores) method.restore(model.parameters(), state)
      expect(method.tasks).toBe(old.tasks)
      nudge(model.parameters(), Random.from(1), 0.01)
      const penalty = method.penalty(model.parameters())
      learn(model, method, [sets[2] as (typeof sets)[number], sets[0] as (typeof sets)[number]])
      return [penalty, method.penalty(model.parameters()), stateOf(model)]
    }
    expect(run(true)).toEqual(run(false))
    expect(run(true)[2]).not.toBe(run(true, 0)[2])
  })

  it('is a copy both ways, and before the first task says so', () => {
    const model = make()
    const ewc = new Ewc({ lambda: 1 })
    const empty = ewc.state(model.parameters())
    expect(empty).toEqual({ method: 'ewc', numbers: { tasks: 0, constant: 0 }, arrays: {} })
    learn(model, ewc, sets.slice(0, 2))
    const state = ewc.state(model.parameters())
    const kept = structuredClone(state)
    for (const array of Object.values(state.arrays)) array.fill(7)
    expect(ewc.state(model.parameters())).toEqual(kept)
    const restored = new Ewc({ lambda: 1 })
    const copy = structuredClone(kept)
    restored.restore(model.parameters(), copy)
    for (const array of Object.values(copy.arrays)) array.fill(7)
    expect(restored.state(model.parameters())).toEqual(kept)
    restored.restore(model.parameters(), empty)
    expect(restored.quadratic(model.parameters())).toBeNull()
  })

  it('restored with more units holds the old ones as before and leaves the new ones free', () => {
    const [small, wide] = [make(3), make(5)]
    const old = new Ewc({ lambda: 2, mode: 'online', gamma: 0.5 })
    learn(small, old, sets.slice(0, 2))
    small.parameters().forEach(({ data }, at) => {
      wide.parameters()[at]?.data.set(data)
    })
    const ewc = new Ewc({ lambda: 2, mode: 'online', gamma: 0.5 })
    const start = wide.parameters().map(({ data }) => data.slice())
    ewc.restore(wide.parameters(), old.state(small.parameters()))
    expect(ewc.penalty(wide.parameters())).toBe(0)
    small.parameters().forEach((one, at) => {
      const grown = wide.parameters()[at] as Parameter
      const [before, after] = [old.quadratic(small.parameters())?.of(one), ewc.quadratic(wide.parameters())?.of(grown)]
      expect(after?.precision.slice(0, one.size)).toEqual(before?.precision)
      expect(after?.anchor.slice(0, one.size)).toEqual(before?.anchor)
      expect(after?.precision.subarray(one.size).every((f) => f === 0)).toBe(true)
      expect(after?.anchor.slice(one.size)).toEqual(start[at]?.slice(one.size))
      expect(after?.anchor).toHaveLength(grown.size)
      // what is free costs nothing wherever it goes
      grown.data.fill(9, one.size)
    })
    expect(ewc.penalty(wide.parameters())).toBe(0)
    wide.parameters()[0]?.data.fill(2)
    expect(ewc.penalty(wide.parameters())).toBeGreaterThan(0)
  })
})

describe('a wrong state is refused, and what was remembered stays', () => {
  const model = make()
  const ewc = new Ewc({ lambda: 1 })
  learn(model, ewc, sets.slice(0, 2))
  const good = ewc.state(model.parameters())
  const name = 'layers.1.weight'
  const arrays = (changes: Record<string, unknown>): MethodState => ({
    ...good,
    arrays: Object.fromEntries(
      Object.entries({ ...good.arrays, ...changes }).filter(([, array]) => array !== undefined),
    ) as MethodState['arrays'],
  })
  const numbers = (changes: Record<string, number>): MethodState => ({
    ...good,
    numbers: { ...good.numbers, ...changes },
  })
  const spoiled = (what: string, value: number) => {
    const copy = (good.arrays[`${name}/${what}`] as Float32Array).slice()
    copy[3] = value
    return arrays({ [`${name}/${what}`]: copy })
  }
  const sized = (length: number) =>
    arrays({ [`${name}/precision`]: new Float32Array(length), [`${name}/anchor`]: new Float32Array(length) })
  const of = (what: string, value: unknown) => arrays({ [`${name}/${what}`]: value })

  it.each<[string, Parameters<typeof refusal>[0], MethodState]>([
    ['of another method', 'INVALID_ARGUMENT', { ...good, method: 'si' }],
    ['without a number', 'INVALID_ARGUMENT', { ...good, numbers: { tasks: 1 } }],
    ['with a constant of NaN', 'INVALID_ARGUMENT', numbers({ constant: Number.NaN })],
    ['with less than no task', 'INVALID_ARGUMENT', numbers({ tasks: -1 })],
    ['with half a task', 'INVALID_ARGUMENT', numbers({ tasks: 1.5 })],
    ['of another model', 'INVALID_ARGUMENT', { ...good, arrays: { 'else/precision': Float32Array.of(1) } }],
    ['with float64', 'INVALID_ARGUMENT', of('anchor', new Float64Array(18))],
    ['with empty arrays', 'LENGTH', sized(0)],
    ['with too long arrays', 'LENGTH', sized(24)],
    ['with part of a unit', 'LENGTH', sized(7)],
    ['without an anchor', 'LENGTH', of('anchor', undefined)],
    ['without a precision', 'LENGTH', of('precision', undefined)],
    ['with fewer anchors', 'LENGTH', of('anchor', new Float32Array(6))],
    ['with a precision of NaN', 'NON_FINITE', spoiled('precision', Number.NaN)],
    ['with an infinite precision', 'NON_FINITE', spoiled('precision', Infinity)],
    ['with an anchor of NaN', 'NON_FINITE', spoiled('anchor', Number.NaN)],
    ['with a negative precision', 'INVALID_ARGUMENT', spoiled('precision', -1)],
  ])('%s', (_, code, state) => {
    refusal(code, () => ewc.restore(model.parameters(), state))
    expect(ewc.state(model.parameters())).toEqual(good)
    expect(ewc.tasks).toBe(2)
  })
})
