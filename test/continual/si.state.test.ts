import { afterEach, describe, expect, it } from 'vitest'
import type { MethodState } from '../../src/continual/method.ts'
import { Si } from '../../src/continual/si.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { inputsOf, nudge, stateOf } from '../toy.ts'
import { heldOf, make, sets, sgd, steps, walk, walked } from './si.walk.ts'

describe('a state', () => {
  it('in the middle of a task goes on with the same bits', () => {
    const run = (restores: boolean, lambda = 4) => {
      const [model, old, optimizer] = [make(), new Si({ lambda, damping: 0.01 }), sgd()]
      const first = new Learner(model, { optimizer, method: old })
      steps(first)
      first.consolidate(sets[0] as (typeof sets)[number])
      steps(first, sets[1])
      const state = structuredClone(old.state(model.parameters()))
      const method = restores ? new Si({ lambda, damping: 0.01 }) : old
      if (restores) method.restore(model.parameters(), state)
      const learner = new Learner(model, { optimizer, method })
      steps(learner, sets[1])
      learner.consolidate(sets[1] as (typeof sets)[number])
      steps(learner, sets[2])
      return [stateOf(model), method.state(model.parameters())]
    }
    expect(run(true)).toEqual(run(false))
    expect(run(true)[0]).not.toBe(run(true, 0)[0])
  })

  it('is a copy both ways', () => {
    const si = new Si({ lambda: 1 })
    const parameter = walked(si, [0], [{ gradient: [-1], to: [1] }])
    si.addGradient([parameter])
    const state = si.state([parameter])
    const kept = structuredClone(state)
    for (const array of Object.values(state.arrays)) array.fill(7)
    expect(si.state([parameter])).toEqual(kept)
    const copy = structuredClone(kept)
    si.restore([parameter], copy)
    for (const array of Object.values(copy.arrays)) array.fill(7)
    expect(si.state([parameter])).toEqual(kept)
  })

  it('restored with more units goes on for the old ones, and begins where the new ones are', () => {
    const before = new Si({ lambda: 1, damping: 0.5 })
    const parameter = walked(before, [0], [{ gradient: [-1], to: [1] }])
    const wide = new Parameter('p', [2], Float32Array.of(1, 5))
    const si = new Si({ lambda: 1, damping: 0.5 })
    si.restore([wide], before.state([parameter]))
    walk(si, wide, [{ gradient: [-1, 1], to: [2, 3] }])
    si.consolidate()
    expect(heldOf(si, wide)).toEqual({
      precision: Float32Array.of(2 / 4.5, 2 / 4.5),
      anchor: Float32Array.of(2, 3),
    })
  })

  it('that is wrong is refused, and what was remembered stays', () => {
    const [model, si] = [make(), new Si({ lambda: 4 })]
    const learner = new Learner(model, { optimizer: sgd(), method: si })
    steps(learner)
    learner.consolidate(sets[0] as (typeof sets)[number])
    steps(learner, sets[1])
    const good = si.state(model.parameters())
    const name = 'layers.1.weight'
    const changed = (what: string, value: Float32Array | Float64Array | null): MethodState => {
      const { [`${name}/${what}`]: _, ...others } = good.arrays
      return { ...good, arrays: value ? { ...others, [`${name}/${what}`]: value } : others }
    }
    const cases: [Parameters<typeof refusal>[0], MethodState][] = [
      ['INVALID_ARGUMENT', { ...changed('omega', new Float32Array(18).fill(5)), method: 'ewc' }],
      ['INVALID_ARGUMENT', { ...good, numbers: {} }],
      ['LENGTH', changed('anchor', null)],
      ...(['start', 'theta', 'gradient', 'omega'] as const).flatMap(
        (what): [Parameters<typeof refusal>[0], MethodState][] => [
          ['LENGTH', changed(what, null)],
          ['LENGTH', changed(what, new Float32Array(6))],
          ['LENGTH', changed(what, new Float32Array(7))],
          ['LENGTH', changed(what, new Float32Array(24))],
          ['NON_FINITE', changed(what, new Float32Array(18).fill(Number.NaN))],
          ['INVALID_ARGUMENT', changed(what, new Float64Array(18))],
        ],
      ),
    ]
    for (const [code, state] of cases) {
      refusal(code, () => si.restore(model.parameters(), state))
      expect(si.state(model.parameters())).toEqual(good)
    }
  })
})

describe('steps in steady state', () => {
  const Original = globalThis.Float32Array
  afterEach(() => {
    globalThis.Float32Array = Original
  })

  it('make no array', () => {
    let made = 0
    globalThis.Float32Array = new Proxy(Original, {
      construct(target, args, newTarget) {
        made++
        return Reflect.construct(target, args, newTarget)
      },
    })
    const model = make()
    const si = new Si({ lambda: 1 })
    const learner = new Learner(model, { optimizer: sgd(), method: si })
    const x = inputsOf(sets[0] as (typeof sets)[number])
    const run = (count: number) => {
      for (let step = 0; step < count; step++) learner.step(x, sets[0]?.labels as Uint8Array)
    }
    run(2)
    learner.consolidate(sets[0] as (typeof sets)[number])
    nudge(model.parameters(), Random.from(1), 0.01)
    run(2)
    const before = made
    expect(before).toBeGreaterThan(0)
    run(20)
    expect(made).toBe(before)
  })
})
