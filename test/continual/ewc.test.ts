import { describe, expect, it } from 'vitest'
import { articleDiagonal } from '../../src/continual/article.ts'
import { Ewc, type EwcOptions } from '../../src/continual/ewc.ts'
import { type Diagonal, fisherDiagonal } from '../../src/continual/fisher.ts'
import { withUnitFloor } from '../../src/continual/floor.ts'
import type { Task } from '../../src/continual/method.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { blobs, codeOf, nudge, thrown, UNIT_ROUNDOFF } from '../toy.ts'
import { lived } from './loop.ts'

const set = blobs({ count: 23, features: 5, classes: 4 })
const makeModel = () => lived(new Mlp([5, 6, 4], { batchNorm: true }))

const taskOf = (model: Mlp, changes: Partial<Task> = {}): Task => ({
  model,
  set,
  batchSize: 10,
  batches: null,
  random: Random.from(1),
  ...changes,
})

const precisions = (ewc: Ewc, model: Mlp) =>
  model.parameters().map((parameter) => ewc.quadratic(model.parameters())?.of(parameter)?.precision)

/** everything that a penalty says of a model */
const snapshot = (ewc: Ewc, model: Mlp) => {
  const quadratic = ewc.quadratic(model.parameters())
  const shares = model.parameters().map((parameter) => quadratic?.of(parameter))
  return structuredClone({
    shares,
    constant: quadratic?.constant,
    largest: quadratic?.largest,
    tasks: ewc.tasks,
    penalty: ewc.penalty(model.parameters()),
  })
}

describe('Ewc', () => {
  it('has no penalty before the first consolidation, and says so with null, not with 0', () => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 1 })
    expect(ewc.tasks).toBe(0)
    expect(ewc.quadratic(model.parameters())).toBeNull()
    expect(ewc.penalty(model.parameters())).toBeNull()
  })

  it('holds the model where it is: 0 at the anchor, above 0 as soon as anything moved', () => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 3 })
    ewc.consolidate(taskOf(model))
    expect(ewc.tasks).toBe(1)
    expect(ewc.penalty(model.parameters())).toBe(0)
    for (const parameter of model.parameters()) {
      const held = parameter.data.slice()
      nudge([parameter], Random.from(2))
      const { precision, anchor } = ewc.quadratic(model.parameters())?.of(parameter) ?? {}
      expect(anchor).toEqual(held)
      const sum = parameter.data.reduce((total, theta, i) => total + precision![i]! * (theta - held[i]!) ** 2, 0)
      const penalty = ewc.penalty(model.parameters()) as number
      expect(penalty).toBeGreaterThan(0)
      expect(Math.abs(penalty - 1.5 * sum)).toBeLessThan(10 * UNIT_ROUNDOFF * penalty)
      parameter.data.set(held)
    }
  })

  it('adds a second consolidation to the first, and stays 0 if the model never moved between them', () => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 3 })
    ewc.consolidate(taskOf(model))
    const [first] = [precisions(ewc, model)]
    ewc.consolidate(taskOf(model))
    expect(ewc.tasks).toBe(2)
    expect(ewc.penalty(model.parameters())).toBe(0)
    expect(precisions(ewc, model)).toEqual(first.map((values) => values?.map((value) => 2 * value)))
    nudge(model.parameters(), Random.from(3))
    const moved = ewc.penalty(model.parameters()) as number
    ewc.consolidate(taskOf(model))
    // the constant keeps what the new anchor no longer says, in float32 terms
    expect(Math.abs((ewc.penalty(model.parameters()) as number) - moved)).toBeLessThan(20 * UNIT_ROUNDOFF * moved)
    expect(ewc.tasks).toBe(3)
  })

  it.each<Partial<EwcOptions> & { batches: number | null }>([
    { batches: null },
    { estimator: 'exact', batches: 1 },
    { estimator: 'sampled', batches: null },
    { estimator: 'empirical', batches: 2 },
    { estimator: 'exact', floor: 0.5, batches: null },
    { estimator: 'article', batches: 1 },
    { estimator: 'article', floor: 2, batches: null },
  ])('takes its precisions from the estimator: %o', ({ batches, ...options }) => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 1, ...options })
    ewc.consolidate(taskOf(model, { batches }))
    const { estimator = 'exact', floor = 0 } = options
    const twin = makeModel()
    const random = Random.from(1)
    const samples = batches === null ? set.count : 10 * batches
    const fisher =
      estimator === 'article'
        ? articleDiagonal(taskOf(twin, { batches }))
        : fisherDiagonal(twin, set, { estimator, samples, random })
    expect(precisions(ewc, model)).toEqual([...withUnitFloor(fisher, floor).values()])
  })

  it('leaves the weights to the caller: a consolidation moves none', () => {
    const model = makeModel()
    const before = model.parameters().map(({ data }) => data.slice())
    new Ewc({ lambda: 1 }).consolidate(taskOf(model))
    expect(model.parameters().map(({ data }) => data)).toEqual(before)
  })

  it('refuses options that make no penalty', () => {
    for (const wrong of [-1, Number.NaN, Infinity, 1e39, '1' as unknown as number]) {
      expect(codeOf(() => new Ewc({ lambda: wrong }))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => new Ewc({ lambda: 1, floor: wrong }))).toBe('INVALID_ARGUMENT')
    }
    // 1 is the end, and belongs to it
    for (const wrong of [-1e-9, 1 + Number.EPSILON, Number.NaN, '1' as unknown as number])
      expect(thrown(() => new Ewc({ gamma: wrong }))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: `gamma is ${wrong}, expected a number from 0 to 1`,
      })
    expect([0, 1].map((gamma) => new Ewc({ gamma }).gamma)).toEqual([0, 1])
    expect(thrown(() => new Ewc({ lambda: 1, estimator: 'exakt' as 'exact' })).message).toContain(
      "'exakt', expected one of exact, sampled, empirical, article",
    )
    expect(codeOf(() => new Ewc({ lambda: 1, mode: 'onlin' as 'latest' }))).toBe('INVALID_ARGUMENT')
    expect(new Ewc({ lambda: 0 })).toMatchObject({
      lambda: 0,
      estimator: 'exact',
      mode: 'separate',
      floor: 0,
      name: 'ewc',
    })
  })
})

describe('a consolidation that cannot act', () => {
  const whole = (model: Mlp, value: number): Diagonal =>
    new Map(model.parameters().map((parameter) => [parameter, new Float32Array(parameter.size).fill(value)]))

  /** one wrong number in the middle of an otherwise good diagonal */
  const spoiled = (model: Mlp, value: number): Diagonal => {
    const fisher = whole(model, 1)
    const [, second] = model.parameters() as [Parameter, Parameter]
    fisher.get(second)?.fill(value, 2, 3)
    return fisher
  }

  const silence = (model: Mlp): Task => {
    // with a bias of 1000 for one class the others have probability 0 in float32: no gradient anywhere
    model.parameters().at(-1)?.data.set([1000, 0, 0, 0])
    return taskOf(model)
  }
  const broken = (model: Mlp): Task => {
    model.parameters()[0]?.data.fill(Number.NaN)
    return taskOf(model)
  }

  const cases: [string, string, (ewc: Ewc, model: Mlp) => void][] = [
    ['zeros', 'PENALTY_POWERLESS', (ewc, model) => ewc.add(whole(model, 0))],
    ['nothing', 'PENALTY_POWERLESS', (ewc) => ewc.add(new Map())],
    ['a model that is certain of every sample', 'PENALTY_POWERLESS', (ewc, model) => ewc.consolidate(silence(model))],
    ['NaN', 'NON_FINITE', (ewc, model) => ewc.add(spoiled(model, Number.NaN))],
    ['infinity', 'NON_FINITE', (ewc, model) => ewc.add(spoiled(model, Infinity))],
    ['a negative number', 'INVALID_ARGUMENT', (ewc, model) => ewc.add(spoiled(model, -1e-9))],
    ['a model with NaN', 'NON_FINITE', (ewc, model) => ewc.consolidate(broken(model))],
    [
      'a diagonal at NaN',
      'NON_FINITE',
      (ewc, model) => {
        broken(model)
        ewc.add(whole(model, 1))
      },
    ],
    [
      'a diagonal too short',
      'LENGTH',
      (ewc, model) => {
        const [first, second] = model.parameters() as [Parameter, Parameter]
        ewc.add(
          new Map([
            [first, new Float32Array(first.size).fill(1)],
            [second, new Float32Array(second.size - 1).fill(1)],
          ]),
        )
      },
    ],
    [
      'samples of another width',
      'SHAPE',
      (ewc, model) => ewc.consolidate(taskOf(model, { set: blobs({ features: 4, classes: 4 }) })),
    ],
    [
      'more classes',
      'LABEL_OUT_OF_RANGE',
      (ewc, model) => ewc.consolidate(taskOf(model, { set: blobs({ features: 5, classes: 5 }) })),
    ],
  ]

  it.each(cases)('refuses %s with %s, and the penalty stays as it was', (_, code, consolidate) => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 2 })
    ewc.consolidate(taskOf(model))
    nudge(model.parameters(), Random.from(7))
    const moved = model.parameters().map(({ data }) => data.slice())
    const before = snapshot(ewc, model)
    expect(before.penalty).toBeGreaterThan(0)
    expect(codeOf(() => consolidate(ewc, model))).toBe(code)
    // some of the cases spoil the model
    model.parameters().forEach(({ data }, p) => {
      data.set(moved[p] as Float32Array)
    })
    expect(snapshot(ewc, model)).toEqual(before)
  })

  it.each(cases)('refuses %s with %s also at first, and there is no penalty then', (_, code, consolidate) => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 2 })
    expect(codeOf(() => consolidate(ewc, model))).toBe(code)
    expect(ewc.tasks).toBe(0)
    expect(ewc.penalty(model.parameters())).toBeNull()
  })

  it('refuses a precision that overflows float32 with what is already there', () => {
    const model = makeModel()
    const ewc = new Ewc({ lambda: 2 })
    ewc.add(spoiled(model, 3e38))
    nudge(model.parameters(), Random.from(7))
    const before = snapshot(ewc, model)
    expect(codeOf(() => ewc.add(spoiled(model, 3e38)))).toBe('NON_FINITE')
    expect(snapshot(ewc, model)).toEqual(before)
  })
})
