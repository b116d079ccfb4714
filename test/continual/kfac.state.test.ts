import { describe, expect, it } from 'vitest'
import { Kfac, type KfacOptions } from '../../src/continual/kfac.ts'
import type { MethodState } from '../../src/continual/method.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { blobs, inputsOf, largest, nudge, stateOf } from '../toy.ts'
import { added, consolidate, make, sets } from './kfac.literal.ts'

const sgd = () => new Sgd({ learningRate: 0.02, momentum: 0.5 })
const steps = (learner: Learner, set: LabelledSet, count: number) => {
  for (let step = 0; step < count; step++) learner.step(inputsOf(set), set.labels)
}

describe('a state', () => {
  it.each([1, 3])('in the middle of a task goes on with the same bits: refresh %i', (refresh) => {
    const run = (restores: boolean, lambda = 1) => {
      const options: KfacOptions = { lambda, refresh }
      const [model, old, optimizer] = [make(), new Kfac(options), sgd()]
      const first = new Learner(model, { optimizer, method: old })
      for (const set of [sets[0], sets[1]]) {
        steps(first, set, 4)
        first.consolidate(set)
      }
      steps(first, sets[2], 5)
      const state = structuredClone(old.state(model.parameters()))
      const method = restores ? new Kfac(options) : old
      if (restores) method.restore(model.parameters(), state)
      expect(method.tasks).toBe(2)
      const learner = new Learner(model, { optimizer, method })
      const penalties = Array.from({ length: 4 }, () => {
        steps(learner, sets[2], 1)
        return learner.penalty
      })
      learner.consolidate(sets[2])
      steps(learner, sets[0], 4)
      return [stateOf(model), penalties]
    }
    expect(run(true)).toEqual(run(false))
    expect(run(true)[0]).not.toBe(run(true, 0)[0])
  })

  it('is a copy both ways, and of no task empty', () => {
    const [model, kfac] = [make(), new Kfac({ lambda: 1, refresh: 2 })]
    const empty = kfac.state(model.parameters())
    expect(empty.arrays).toEqual({})
    consolidate(kfac, model, sets[0])
    nudge(model.parameters(), Random.from(1))
    added(kfac, model.parameters())
    const state = kfac.state(model.parameters())
    const kept = structuredClone(state)
    for (const array of Object.values(state.arrays)) array.fill(7)
    expect(kfac.state(model.parameters())).toEqual(kept)
    const copy = structuredClone(kept)
    kfac.restore(model.parameters(), copy)
    for (const array of Object.values(copy.arrays)) array.fill(7)
    expect(kfac.state(model.parameters())).toEqual(kept)
    kfac.restore(model.parameters(), empty)
    expect(added(kfac, model.parameters())).toMatchObject({ penalty: 0 })
    expect(kfac.tasks).toBe(0)
  })

  it.each([1, 2])(
    'restored with more outputs holds the old rows as before and leaves the new free: refresh %i',
    (n) => {
      const [small, wide] = [make(4), make(6)]
      const [old, kfac] = [new Kfac({ lambda: 2, refresh: n }), new Kfac({ lambda: 2, refresh: n })]
      consolidate(old, small, sets[0], sets[1])
      nudge(small.parameters(), Random.from(1))
      old.addGradient(small.parameters())
      small.parameters().forEach(({ data }, at) => {
        wide.parameters()[at]?.data.set(data)
      })
      kfac.restore(wide.parameters(), structuredClone(old.state(small.parameters())))
      for (const parameter of wide.parameters().slice(-2)) parameter.data.fill(9, parameter.size - parameter.size / 3)
      for (let step = 0; step < 3; step++) {
        const [before, after] = [added(old, small.parameters()), added(kfac, wide.parameters())]
        expect(after.penalty).toBe(before.penalty)
        expect(before.penalty).toBeGreaterThan(0)
        small.parameters().forEach((one, at) => {
          const gradient = after.gradients.get(wide.parameters()[at] as Parameter) as Float32Array
          expect(gradient.slice(0, one.size)).toEqual(before.gradients.get(one))
          expect(largest(gradient.subarray(one.size))).toBe(0)
        })
      }
      // the next task takes the new rows in
      consolidate(kfac, wide, blobs({ count: 30, features: 5, classes: 6, seed: 4 }))
      nudge(wide.parameters(), Random.from(2))
      const bias = added(kfac, wide.parameters()).gradients.get(wide.parameters().at(-1) as Parameter)
      expect(bias?.every((value) => value !== 0)).toBe(true)
    },
  )

  it('that is wrong is refused, and what was remembered stays', () => {
    const [model, kfac] = [make(), new Kfac({ lambda: 1, refresh: 3 })]
    consolidate(kfac, model, sets[0])
    nudge(model.parameters(), Random.from(1))
    added(kfac, model.parameters())
    const good = kfac.state(model.parameters())
    const name = 'layers.1.weight'
    const changed = (what: string, value: Float32Array | Float64Array | null): MethodState => {
      const { [`${name}/${what}`]: _, ...others } = good.arrays
      return { ...good, arrays: value ? { ...others, [`${name}/${what}`]: value } : others }
    }
    const numbers = (changes: Record<string, number>): MethodState => ({
      ...good,
      numbers: { ...good.numbers, ...changes },
    })
    const names = ['a', 'aBias', 'g', 'anchorWeight', 'anchorBias', 'pullWeight', 'pullBias']
    const cases: [Parameters<typeof refusal>[0], MethodState][] = [
      ['INVALID_ARGUMENT', { ...good, method: 'ewc' }],
      ['INVALID_ARGUMENT', { ...good, numbers: { tasks: 1 } }],
      ['INVALID_ARGUMENT', numbers({ tasks: -1 })],
      ['INVALID_ARGUMENT', numbers({ step: 0.5 })],
      ['INVALID_ARGUMENT', numbers({ penalty: Number.NaN })],
      ['INVALID_ARGUMENT', { ...good, arrays: {} }],
      ...names.flatMap((what): [Parameters<typeof refusal>[0], MethodState][] => {
        const { length } = good.arrays[`${name}/${what}`] as Float32Array
        return [
          ['LENGTH', changed(what, null)],
          ['LENGTH', changed(what, new Float32Array(length - 1))],
          ['LENGTH', changed(what, new Float32Array(length + 1))],
          ['LENGTH', changed(what, new Float64Array(length))],
          ['NON_FINITE', changed(what, new Float32Array(length).fill(Number.NaN))],
        ]
      }),
    ]
    for (const [code, state] of cases) {
      refusal(code, () => kfac.restore(model.parameters(), state))
      expect(kfac.state(model.parameters())).toEqual(good)
    }
    // fewer units than the state has
    refusal('LENGTH', () => new Kfac({ lambda: 1 }).restore(make(3).parameters(), good))
  })
})
