import { describe, expect, it } from 'vitest'
import { Kfac } from '../../src/continual/kfac.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { add } from '../../src/ops/add.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { refusal } from '../refusal.ts'
import { blobs, largest, nudge } from '../toy.ts'
import { added, check, consolidate, literal, make, sets, together } from './kfac.literal.ts'

describe('the penalty', () => {
  it.each([
    { lambda: 3, damping: 0 },
    { lambda: 0.5, damping: 0.1 },
    { lambda: 7, damping: 2 },
  ])('is (lambda / 2) tr(D^T G D A), and what it adds its gradient: %o', ({ lambda, damping }) => {
    const [model, kfac] = [make(), new Kfac({ lambda, damping })]
    const layers = literal(model, sets[0], damping)
    consolidate(kfac, model, sets[0])
    expect(added(kfac, model.parameters()).penalty).toBe(0)
    nudge(model.parameters(), Random.from(2), 0.3)
    check(kfac, model, layers, lambda)
  })

  it('over three tasks averages A, sums G, each damped as it comes, about the latest weights', () => {
    const [model, kfac] = [make(), new Kfac({ lambda: 2, damping: 0.5 })]
    const tasks = sets.map((set, at) => {
      nudge(model.parameters(), Random.from(at), 0.2)
      const task = literal(model, set, 0.5)
      consolidate(kfac, model, set)
      expect(kfac.tasks).toBe(at + 1)
      return task
    })
    expect(added(kfac, model.parameters()).penalty).toBe(0)
    nudge(model.parameters(), Random.from(9), 0.3)
    check(kfac, model, together(tasks), 2)
  })

  it('adds to gradients that are there, and holds no gamma and no beta', () => {
    const [model, kfac] = [make(), new Kfac({ lambda: 2 })]
    consolidate(kfac, model, sets[0])
    nudge(model.parameters(), Random.from(2))
    const alone = added(kfac, model.parameters()).gradients
    for (const { gradient } of model.parameters()) gradient.fill(2)
    kfac.addGradient(model.parameters())
    for (const [parameter, own] of alone) {
      expect(parameter.gradient).toEqual(own.map((value) => 2 + value))
      expect(own.some((value) => value !== 0)).toBe(parameter.name.startsWith('layers'))
    }
  })

  it('damps hidden units that are silent, and not outputs that no sample could have had', () => {
    const model = make()
    const [w1, b1, , , w2, b2] = model.parameters() as Parameter[]
    b1?.data.fill(-1000, 2, 3)
    b2?.data.fill(-1000, 1, 2)
    const pull = (damping: number) => {
      const kfac = new Kfac({ lambda: 1, damping })
      const before = model.parameters().map(({ data }) => data.slice())
      consolidate(kfac, model, sets[0])
      nudge(model.parameters(), Random.from(2))
      const { gradients } = added(kfac, model.parameters())
      model.parameters().forEach(({ data }, at) => {
        data.set(before[at] as Float32Array)
      })
      const row = (one: Parameter | undefined, unit: number) => {
        const width = (one?.size as number) / (one?.shape[0] as number)
        return gradients.get(one as Parameter)?.subarray(unit * width, (unit + 1) * width) as Float32Array
      }
      return [row(w1, 2), row(w2, 1), row(b2, 1)].map(largest)
    }
    expect(pull(0)).toEqual([0, 0, 0])
    const [silent, ...impossible] = pull(0.1)
    expect(silent).toBeGreaterThan(0)
    expect(impossible).toEqual([0, 0])
  })

  it('of a layer that a task does not use stays', () => {
    const [one, other] = [new Mlp([5, 4], { seed: 1 }), new Mlp([5, 4], { seed: 2 })]
    let used = one
    const heads: Classifier = {
      inputs: 5,
      outputs: 4,
      seed: 0,
      parameters: () => [...one.parameters(), ...other.parameters()],
      forward: (x, mode) => used.forward(x, mode),
    }
    const kfac = new Kfac({ lambda: 1 })
    consolidate(kfac, heads, sets[0])
    nudge(one.parameters(), Random.from(1))
    const before = added(kfac, heads.parameters()).gradients.get(one.parameters()[0] as Parameter)
    expect(largest(before ?? [])).toBeGreaterThan(0)
    used = other
    consolidate(kfac, heads, sets[1])
    nudge(other.parameters(), Random.from(1))
    const { gradients } = added(kfac, heads.parameters())
    expect(gradients.get(one.parameters()[0] as Parameter)).toEqual(before)
    expect(largest(gradients.get(other.parameters()[0] as Parameter) ?? [])).toBeGreaterThan(0)
  })
})

describe('refresh', () => {
  it('adds the same bits for so many steps, and then what the weights of then say', () => {
    const [model, kfac, every] = [make(), new Kfac({ lambda: 2, refresh: 3 }), new Kfac({ lambda: 2 })]
    const take = () => {
      const [one, other] = [added(kfac, model.parameters()), added(every, model.parameters())]
      nudge(model.parameters(), Random.from(3))
      return [one, other] as const
    }
    for (const set of [sets[0], sets[1]]) {
      consolidate(kfac, model, set)
      consolidate(every, model, set)
      nudge(model.parameters(), Random.from(2))
      const steps = Array.from({ length: 7 }, take)
      steps.forEach(([own, fresh], step) => {
        expect(own).toEqual(steps[step - (step % 3)]?.[1])
        if (step % 3 !== 0) expect(own).not.toEqual(fresh)
      })
    }
  })
})

describe('refused', () => {
  it('are options that make no penalty', () => {
    for (const wrong of [-1, Number.NaN, Infinity]) {
      refusal('INVALID_ARGUMENT', () => new Kfac({ lambda: wrong }))
      refusal('INVALID_ARGUMENT', () => new Kfac({ lambda: 1, damping: wrong }))
    }
    for (const refresh of [0, -1, 1.5, Number.NaN, Infinity])
      refusal('INVALID_ARGUMENT', () => new Kfac({ lambda: 1, refresh }))
    expect(new Kfac({ lambda: 1 })).toMatchObject({ damping: 0.1, refresh: 1, name: 'kfac', storesSamples: false })
  })

  it('is a model that no consolidation has seen, its gradients as they were', () => {
    const [model, other, kfac] = [make(), make(), new Kfac({ lambda: 1 })]
    expect(kfac.addGradient(other.parameters())).toBe(0)
    consolidate(kfac, model, sets[0])
    for (const { gradient } of other.parameters()) gradient.fill(3)
    refusal('PENALTY_POWERLESS', () => kfac.addGradient(other.parameters()))
    for (const { gradient } of other.parameters()) expect(gradient.every((value) => value === 3)).toBe(true)
  })

  it('is a consolidation that cannot act, and the penalty stays as it was', () => {
    const [model, kfac] = [make(), new Kfac({ lambda: 1 })]
    consolidate(kfac, model, sets[0])
    const before = kfac.state(model.parameters())
    const shift = new Parameter('shift', [5], new Float32Array(5))
    const shifting: Classifier = {
      inputs: 5,
      outputs: 5,
      seed: 0,
      parameters: () => [shift],
      forward: (x) => add(x, shift),
    }
    refusal('NO_SQUARED_GRADIENT', () => consolidate(kfac, shifting, sets[0]))
    refusal('SHAPE', () => consolidate(kfac, model, blobs({ features: 4, classes: 4 })))
    const bias = model.parameters().at(-1) as Parameter
    bias.data.set([1000, 0, 0, 0])
    refusal('PENALTY_POWERLESS', () => consolidate(kfac, model, sets[0]))
    bias.data.fill(Number.NaN)
    refusal('NON_FINITE', () => consolidate(kfac, model, sets[0]))
    expect(kfac.state(model.parameters())).toEqual(before)
    expect(kfac.tasks).toBe(1)
  })
})
