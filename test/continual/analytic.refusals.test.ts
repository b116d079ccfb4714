import { describe, expect, it } from 'vitest'
import { Analytic, type AnalyticOptions } from '../../src/continual/index.ts'
import type { MethodState } from '../../src/continual/method.ts'
import { blobs, codeOf, largest } from '../toy.ts'
import { type Cloud, cloud, part } from './analytic.loop.ts'

const INPUTS = 12
const data = cloud(1500, INPUTS, [4, 0, 9, 65_535])
const unseen = cloud(1500, INPUTS, [4, 0, 9, 65_535], 2).x

const learnt = (options: Partial<AnalyticOptions>, ...parts: Cloud[]) => {
  const analytic = new Analytic({ inputs: INPUTS, ...options })
  for (const { x, labels } of parts) analytic.learn(x, labels)
  return analytic
}

const arraysOf = (analytic: Analytic) => analytic.state().arrays as Record<string, Float64Array>

describe('a state', () => {
  const options = { features: 20, seed: 4 }
  const analytic = learnt(options, data)
  const state = analytic.state()

  it('goes to another, which then knows the same, and may have another head', () => {
    const other = learnt({ ...options, head: 'means' }, part(data, 0, 9))
    other.solve()
    other.restore(structuredClone(state))
    expect(other.state()).toEqual(state)
    expect(other.predict(unseen)).toEqual(learnt({ ...options, head: 'means' }, data).predict(unseen))
    expect(analytic.bytes).toBe(Object.values(state.arrays).reduce((sum, { byteLength }) => sum + byteLength, 0))
  })

  it('is a copy, taken and given', () => {
    const restored = learnt(options)
    restored.restore(state)
    restored.learn(part(data, 0, 5).x, part(data, 0, 5).labels)
    expect(analytic.state()).toEqual(state)
    const taken = restored.state()
    const kept = structuredClone(taken)
    restored.learn(part(data, 5, 9).x, part(data, 5, 9).labels)
    expect(taken).toEqual(kept)
  })

  const changed = (changes: Partial<Record<string, unknown>>, numbers = {}): MethodState => ({
    ...state,
    numbers: { ...state.numbers, ...numbers },
    arrays: { ...state.arrays, ...changes } as MethodState['arrays'],
  })
  const { classes, counts, gram, sums } = state.arrays as Record<string, Float64Array>
  it.each([
    ['INVALID_ARGUMENT', { ...state, method: 'ewc' }],
    ['INVALID_ARGUMENT', changed({}, { inputs: 11 })],
    ['INVALID_ARGUMENT', changed({}, { features: 21 })],
    ['INVALID_ARGUMENT', changed({}, { seed: 5 })],
    ['INVALID_ARGUMENT', changed({}, { removable: 1 })],
    ['DTYPE', changed({ gram: new Float32Array(400) })],
    ['DTYPE', changed({ sums: undefined })],
    ['LENGTH', changed({ gram: gram!.slice(1) })],
    ['LENGTH', changed({ sums: sums!.slice(1) })],
    ['LENGTH', changed({ counts: counts!.slice(1) })],
    ['NON_FINITE', changed({ gram: gram!.with(7, NaN) })],
    ['NON_FINITE', changed({ sums: sums!.with(7, Infinity) })],
    ['INVALID_ARGUMENT', changed({ counts: counts!.with(1, 0) })],
    ['INVALID_ARGUMENT', changed({ counts: counts!.with(1, 1.5) })],
    ['INVALID_ARGUMENT', changed({ classes: classes!.with(1, classes![0]!) })],
    ['LABEL_OUT_OF_RANGE', changed({ classes: classes!.with(1, 65_536) })],
  ] as const)('that does not fit is refused with %s, case %#', (code, wrong) => {
    const other = learnt(options, data)
    expect(codeOf(() => other.restore(wrong))).toBe(code)
    expect(other.state()).toEqual(state)
  })
})

describe('bad input changes nothing', () => {
  const x = data.x.slice(0, 3 * INPUTS)
  it.each([
    ['DTYPE', [...x] as unknown as Float32Array, [0, 4, 9]],
    ['EMPTY_SET', new Float32Array(0), []],
    ['LENGTH', x.slice(1), [0, 4, 9]],
    ['LENGTH', x, [0, 4]],
    ['NON_FINITE', x.with(30, NaN), [0, 4, 9]],
    ['NON_FINITE', x.with(30, -Infinity), [0, 4, 9]],
    ['NON_FINITE', x.with(30, 1e13), [0, 4, 9]],
    ['LABEL_OUT_OF_RANGE', x, [0, 4, -1]],
    ['LABEL_OUT_OF_RANGE', x, [0, 4, 65_536]],
    ['LABEL_OUT_OF_RANGE', x, [0, 4, 0.5]],
    ['LABEL_OUT_OF_RANGE', x, [0, 4, NaN]],
  ] as const)('%s, case %#', (code, wrong, labels) => {
    const analytic = learnt({}, data)
    const [before, solution] = [analytic.state(), analytic.solve()]
    expect(codeOf(() => analytic.learn(wrong, labels))).toBe(code)
    expect(codeOf(() => analytic.forget(wrong, labels))).toBe(code)
    expect(analytic.state()).toEqual(before)
    expect(analytic.solve()).toBe(solution)
  })

  it('in a later chunk of one call too', () => {
    const analytic = learnt({}, data)
    const before = analytic.state()
    expect(codeOf(() => analytic.learn(data.x.with(1400 * INPUTS, NaN), data.labels))).toBe('NON_FINITE')
    expect(codeOf(() => analytic.learn(data.x, data.labels.with(1400, 1e6)))).toBe('LABEL_OUT_OF_RANGE')
    expect(analytic.state()).toEqual(before)
  })

  it('nor does forgetting more than was learnt, nor another that sees other features', () => {
    const analytic = learnt({}, data)
    const before = analytic.state()
    expect(codeOf(() => analytic.forget(x, [0, 4, 5]))).toBe('INVALID_ARGUMENT')
    const few = learnt({}, part(data, 0, 3))
    const extra = [...few.classes, few.classes[0]!].slice(-3)
    expect(codeOf(() => few.forget(x, [extra[0]!, extra[0]!, extra[0]!]))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => analytic.removeClass(5))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => analytic.merge(learnt({ features: 5 })))).toBe('SHAPE')
    expect(codeOf(() => learnt({ features: 5, seed: 1 }).merge(learnt({ features: 5, seed: 2 })))).toBe('SHAPE')
    expect(codeOf(() => analytic.learnSet(blobs({ features: 5 })))).toBe('SHAPE')
    expect(analytic.state()).toEqual(before)
    // without features the seed says nothing
    learnt({ seed: 1 }, data).merge(learnt({ seed: 2 }, data))
  })

  it('sums of squares of the largest inputs that are taken stay finite', () => {
    const analytic = learnt(
      { features: 30 },
      { x: new Float32Array(400 * INPUTS).fill(1e12), labels: new Array(400).fill(1) },
    )
    expect(arraysOf(analytic).gram!.every(Number.isFinite)).toBe(true)
    expect(largest(arraysOf(analytic).gram!)).toBeGreaterThan(1e20)
  })

  it.each([
    { inputs: 0 },
    { inputs: 2.5 },
    { inputs: 16_385 },
    { features: -1 },
    { features: 1.5 },
    { features: 16_385 },
    { head: 'nearest' as 'means' },
    { ridge: -1 },
    { ridge: NaN },
    { seed: -1 },
  ])('options %o', (wrong) => {
    expect(codeOf(() => new Analytic({ inputs: 3, ...wrong }))).toBe('INVALID_ARGUMENT')
  })

  it('questions', () => {
    expect(codeOf(() => learnt({}).predict(unseen))).toBe('EMPTY_SET')
    const analytic = learnt({}, data)
    expect(codeOf(() => analytic.predict(unseen, { among: [] }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => analytic.predict(unseen, { among: [4, 5] }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => analytic.predict(unseen.slice(1)))).toBe('LENGTH')
    expect(codeOf(() => analytic.predict(unseen.with(3, NaN)))).toBe('NON_FINITE')
  })
})
