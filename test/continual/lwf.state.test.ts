import { describe, expect, it } from 'vitest'
import { Lwf } from '../../src/continual/lwf.ts'
import { Replay } from '../../src/continual/replay.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Heads } from '../../src/nn/heads.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { differences, float64 } from '../nn/float64.ts'
import { blobs, codeOf, inputsOf, largest, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { makeModel, moved, type Rows, task, termOf, written, x } from './distil.ts'

describe('Lwf with Heads', () => {
  const sizes = [6, 7, 6]
  const learnt = (ranges: readonly (readonly [number, number])[], batchNorm: boolean) => {
    const model = makeModel(batchNorm, sizes)
    const heads = new Heads(model)
    const method = new Lwf({ lambda: 2, temperature: 3 })
    let old: Rows = []
    for (const [from, to] of ranges) {
      moved(model)
      old = float64(model).logits(x, 'evaluation')
      method.consolidate(task(heads.use(from, to)))
    }
    moved(model)
    return { model, heads, method, old }
  }

  it.each<[string, boolean, [number, number][], [number, number], [number, number][]]>([
    [
      'a head that grew: the classes it had last',
      true,
      [
        [0, 2],
        [0, 4],
      ],
      [0, 6],
      [[0, 4]],
    ],
    [
      'a head that grew, and is as large now',
      false,
      [
        [0, 2],
        [0, 4],
      ],
      [0, 4],
      [[0, 4]],
    ],
    [
      'heads that lie apart: a sum for each of the old',
      true,
      [
        [0, 2],
        [2, 4],
      ],
      [4, 6],
      [
        [0, 2],
        [2, 4],
      ],
    ],
    ['a head that does not begin at 0', false, [[2, 4]], [2, 5], [[2, 4]]],
    [
      'a head that is seen again',
      false,
      [
        [0, 2],
        [2, 4],
        [0, 2],
      ],
      [2, 4],
      [
        [0, 2],
        [2, 4],
      ],
    ],
  ])('%s, BatchNorm %s', (_, batchNorm, before, [from, to], expected) => {
    const { model, heads, method, old } = learnt(before, batchNorm)
    const plain = float64(model)
    const f = () => {
      const now = plain.logits(x, 'training')
      return expected.reduce((total, [a, b]) => total + written(old, now, method, a, b), 0)
    }
    expect(Math.abs((termOf(method, heads.use(from, to)) as number) - f())).toBeLessThan(2000 * UNIT_ROUNDOFF)
    for (const parameter of model.parameters()) {
      const slopes = differences(plain.values.get(parameter) as Float64Array, f)
      expect(worst(parameter.gradient, slopes, () => 4000 * UNIT_ROUNDOFF)).toBeLessThan(1)
    }
    // what no head of old has takes no gradient
    const bias = model.parameters().at(-1)
    expect(bias?.gradient[5]).toBe(0)
    expect(Math.abs(bias?.gradient[expected[0]?.[0] ?? 0] as number)).toBeGreaterThan(0.01)
  })

  it('keeps its heads in its state', () => {
    const { model, heads, method } = learnt(
      [
        [0, 2],
        [2, 4],
      ],
      true,
    )
    const copy = new Lwf({ lambda: 2, temperature: 3 })
    copy.restore(heads.parameters(), method.state(heads.parameters()))
    expect(termOf(copy, heads.use(4, 6))).toBe(termOf(method, heads))
    expect(copy.tasks).toBe(2)
    expect(copy.state(model.parameters())).toEqual(method.state(model.parameters()))
  })
})

describe('state of Lwf', () => {
  const sets = [1, 2, 3].map((seed) => blobs({ count: 40, features: 6, classes: 4, seed })) as LabelledSet[]
  const learn = (model: Mlp, method: Lwf, some: readonly LabelledSet[]) => {
    const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method })
    for (const one of some) {
      for (let i = 0; i < 4; i++) learner.step(inputsOf(one), one.labels)
      learner.consolidate(one)
    }
  }

  it('restored, goes on with the same bits', () => {
    const run = (restores: boolean, lambda = 2) => {
      const model = makeModel(true)
      const old = new Lwf({ lambda })
      learn(model, old, sets.slice(0, 2))
      const method = restores ? new Lwf({ lambda }) : old
      if (restores) method.restore(model.parameters(), old.state(model.parameters()))
      moved(model)
      learn(model, method, sets.slice(1))
      return stateOf(model)
    }
    expect(run(true)).toBe(run(false))
    expect(run(true)).not.toBe(run(true, 0))
  })

  it('of a smaller last layer: distils the classes that were there, over these alone', () => {
    const small = makeModel(false, [6, 4])
    const large = moved(makeModel(false, [6, 6]))
    const method = new Lwf()
    method.consolidate(task(small))
    const old = float64(small).logits(x, 'evaluation')
    const grown = new Lwf()
    grown.restore(large.parameters(), method.state(small.parameters()))
    const expected = written(old, float64(large).logits(x, 'training'), {}, 0, 4)
    expect(termOf(grown, large)).toBeCloseTo(expected, 4)
    for (const { gradient } of large.parameters()) {
      const rows = gradient.length / 6
      expect(largest(gradient.subarray(4 * rows))).toBe(0)
      expect(largest(gradient.subarray(0, 4 * rows))).toBeGreaterThan(0.01)
    }
  })

  it('refuses what does not fit, and remembers what it did', () => {
    const model = makeModel(true)
    const parameters = model.parameters()
    const method = new Lwf()
    method.consolidate(task(model))
    const good = method.state(parameters)
    moved(model)
    const before = termOf(method, model)
    const wrong = (changes: object, arrays: object = {}) =>
      codeOf(() => method.restore(parameters, { ...good, ...changes, arrays: { ...good.arrays, ...arrays } }))
    expect(wrong({ method: 'ewc' })).toBe('INVALID_ARGUMENT')
    expect(wrong({ numbers: {} })).toBe('INVALID_ARGUMENT')
    expect(wrong({}, { heads: Float64Array.of(0) })).toBe('INVALID_ARGUMENT')
    expect(wrong({}, { heads: Float64Array.of(4, 0) })).toBe('INVALID_ARGUMENT')
    expect(wrong({}, { heads: undefined })).toBe('INVALID_ARGUMENT')
    expect(wrong({}, { 'layers.0.weight/old': new Float32Array(43) })).toBe('LENGTH')
    expect(codeOf(() => method.restore(parameters, { ...good, arrays: { heads: good.arrays.heads! } }))).toBe(
      'INVALID_ARGUMENT',
    )
    expect(termOf(method, model)).toBe(before)
  })

  it('refuses heads and statistics that its model has not, and remembers what it did', () => {
    const model = makeModel(true)
    const [parameters, method] = [model.parameters(), new Lwf()]
    method.consolidate(task(model))
    const good = method.state(parameters)
    moved(model)
    const before = [termOf(method, model), method.state(parameters)]
    const refused = (arrays: object, of: Classifier = model) =>
      codeOf(() => method.restore(parameters, { ...good, arrays: { ...good.arrays, ...arrays } }, of))
    for (const to of [5, 2 ** 40]) {
      expect(refused({ heads: Float64Array.of(0, to) })).toBe('SHAPE')
      expect(refused({ heads: Float64Array.of(0, to) }, new Heads(model).use(0, 2))).toBe('SHAPE')
    }
    expect(refused({ 'statistics/1': undefined })).toBe('SHAPE')
    expect(refused({ 'statistics/1': new Float32Array(6) })).toBe('SHAPE')
    expect(refused({ 'statistics/2': new Float32Array(7) })).toBe('SHAPE')
    expect(refused({ 'statistics/0': new Float32Array(7).fill(Number.NaN) })).toBe('NON_FINITE')
    expect(refused({ 'layers.0.bias/old': new Float32Array(7).fill(Infinity) })).toBe('NON_FINITE')
    expect([termOf(method, model), method.state(parameters)]).toEqual(before)
    // an old method beside replay is looked at as well
    const replay = () => new Replay({ samples: 5, method: new Lwf() })
    const [from, to] = [replay(), replay()]
    from.consolidate(task(model))
    const state = from.state(parameters)
    const wide = { ...state, arrays: { ...state.arrays, 'other/heads': Float64Array.of(0, 5) } }
    expect(codeOf(() => to.restore(parameters, wide, model))).toBe('SHAPE')
    to.restore(parameters, state, model)
    expect(to.state(parameters)).toEqual(state)
  })

  it('refuses options, models and parameters that make no term', () => {
    for (const wrong of [-1, Number.NaN, Infinity])
      expect(codeOf(() => new Lwf({ lambda: wrong }))).toBe('INVALID_ARGUMENT')
    for (const wrong of [0, -1, Number.NaN, Infinity])
      expect(codeOf(() => new Lwf({ temperature: wrong }))).toBe('INVALID_ARGUMENT')
    const method = new Lwf()
    const model = makeModel()
    method.consolidate(task(model))
    expect(codeOf(() => termOf(method, makeModel()))).toBe('PENALTY_POWERLESS')
    const without = new Lwf()
    const { heads, ...arrays } = method.state(model.parameters()).arrays
    const norms = makeModel(true, [6, 7, 4])
    without.restore(norms.parameters(), { method: 'lwf', numbers: { tasks: 1 }, arrays: { heads: heads!, ...arrays } })
    expect(codeOf(() => termOf(without, norms))).toBe('SHAPE')
    for (const beyond of [5, 2 ** 40]) {
      const wide = { ...arrays, heads: Float64Array.of(0, beyond) }
      without.restore(model.parameters(), { method: 'lwf', numbers: { tasks: 1 }, arrays: wide })
      expect(codeOf(() => termOf(without, model))).toBe('SHAPE')
    }
    model.parameters()[0]!.data[0] = Number.NaN
    expect(codeOf(() => method.consolidate(task(model)))).toBe('NON_FINITE')
    expect(method.tasks).toBe(1)
  })
})
