import { describe, expect, it } from 'vitest'
import { kroneckerFactors } from '../../src/continual/factors.ts'
import { Kfac, type KfacOptions } from '../../src/continual/kfac.ts'
import type { MethodState, Task } from '../../src/continual/method.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { add } from '../../src/ops/add.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { blobs, inputsOf, largest, nudge, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { lived } from './loop.ts'

const sets = [1, 2, 3].map((seed) => blobs({ count: 30, features: 5, classes: 4, seed })) as [
  LabelledSet,
  LabelledSet,
  LabelledSet,
]
const make = (outputs = 4) => lived(new Mlp([5, 6, outputs], { seed: 1, batchNorm: true }))
const taskOf = (model: Classifier, set: LabelledSet): Task => ({
  model,
  set,
  batchSize: 10,
  batches: null,
  random: Random.from(1),
})
const consolidate = (kfac: Kfac, model: Classifier, ...of: LabelledSet[]) => {
  for (const set of of) kfac.consolidate(taskOf(model, set))
}

/** of a layer: [W b] where the last task left it, A with the row and column of the bias, G */
interface Literal {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly anchor: Float64Array
  readonly a: Float64Array
  readonly g: Float64Array
}

/** [W b], a row an output */
function augmented(weight: ArrayLike<number>, bias: ArrayLike<number>): Float64Array {
  const inputs = weight.length / bias.length
  return Float64Array.from({ length: weight.length + bias.length }, (_, at) => {
    const [o, i] = [Math.floor(at / (inputs + 1)), at % (inputs + 1)]
    return (i === inputs ? bias[o] : weight[o * inputs + i]) as number
  })
}

/** a task's factors, each damped as the option says: a share of the mean of the diagonal */
function literal(model: Classifier, set: LabelledSet, damping: number): Literal[] {
  return [...kroneckerFactors(model, set, { random: Random.from(1) })].map(([weight, { bias, last, a, aBias, g }]) => {
    const [outputs, inputs] = weight.shape as [number, number]
    const whole = Float64Array.from({ length: (inputs + 1) ** 2 }, (_, at) => {
      const [i, j] = [Math.floor(at / (inputs + 1)), at % (inputs + 1)]
      if (i === inputs && j === inputs) return 1
      return (i === inputs ? aBias[j] : j === inputs ? aBias[i] : a[i * inputs + j]) as number
    })
    const diagonal = Array.from({ length: outputs }, (_, o) => g[o * outputs + o] as number)
    const mean = diagonal.reduce((sum, value) => sum + value, 0) / outputs
    const damped = Float64Array.from(g)
    diagonal.forEach((value, o) => {
      if (!last || value > 0) damped[o * outputs + o] = value + damping * mean
    })
    return { weight, bias, anchor: augmented(weight.data, bias.data), a: whole, g: damped }
  })
}

/** over tasks: A averaged, G summed, the latest anchor */
function together(tasks: readonly Literal[][]): Literal[] {
  return (tasks.at(-1) as Literal[]).map((last, l) => {
    const all = tasks.map((task) => task[l] as Literal)
    return {
      ...last,
      a: last.a.map((_, i) => all.reduce((sum, { a }) => sum + (a[i] as number), 0) / tasks.length),
      g: last.g.map((_, i) => all.reduce((sum, { g }) => sum + (g[i] as number), 0)),
    }
  })
}

/** (lambda / 2) tr(D^T G D A), of layers at [W b] in float64 */
function penaltyAt(layers: readonly Literal[], values: readonly Float64Array[], lambda: number): number {
  return layers.reduce((total, { anchor, a, g, bias }, l) => {
    const [outputs, width] = [bias.size, anchor.length / bias.size]
    const d = anchor.map((place, at) => (values[l]?.[at] as number) - place)
    let trace = 0
    for (let o = 0; o < outputs; o++)
      for (let p = 0; p < outputs; p++)
        for (let i = 0; i < width; i++)
          for (let j = 0; j < width; j++)
            trace += d[o * width + i]! * g[o * outputs + p]! * d[p * width + j]! * a[j * width + i]!
    return total + (lambda / 2) * trace
  }, 0)
}

/** what the literal penalty and its central differences, exact for a quadratic, say where the model is now */
function expected(layers: readonly Literal[], lambda: number) {
  const values = layers.map(({ weight, bias }) => augmented(weight.data, bias.data))
  const gradients = layers.map((_, l) => {
    const own = values[l] as Float64Array
    return own.map((value, at) => {
      const h = 0.01
      own[at] = value + h
      const above = penaltyAt(layers, values, lambda)
      own[at] = value - h
      const below = penaltyAt(layers, values, lambda)
      own[at] = value
      return (above - below) / (2 * h)
    })
  })
  return { penalty: penaltyAt(layers, values, lambda), gradients }
}

/** what addGradient adds to gradients of 0 */
function added(kfac: Kfac, parameters: readonly Parameter[]) {
  for (const { gradient } of parameters) gradient.fill(0)
  const penalty = kfac.addGradient(parameters)
  return { penalty, gradients: new Map(parameters.map((one) => [one, one.gradient.slice()])) }
}

function check(kfac: Kfac, model: Classifier, layers: readonly Literal[], lambda: number) {
  const right = expected(layers, lambda)
  const { penalty, gradients } = added(kfac, model.parameters())
  expect(right.penalty).toBeGreaterThan(0)
  expect(Math.abs(penalty / right.penalty - 1)).toBeLessThan(100 * UNIT_ROUNDOFF)
  layers.forEach(({ weight, bias }, l) => {
    const found = augmented(gradients.get(weight) ?? [], gradients.get(bias) ?? [])
    const all = right.gradients[l] as Float64Array
    // sums of a few terms of either sign
    expect(worst(found, all, () => 100 * UNIT_ROUNDOFF * largest(all))).toBeLessThan(1)
  })
}

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
