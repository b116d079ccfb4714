import { describe, expect, it } from 'vitest'
import { Analytic } from '../../src/continual/analytic.ts'
import { RunningSums } from '../../src/continual/analytic-sums.ts'
import { AnalyticExperts } from '../../src/continual/experts.ts'
import { Gaussian } from '../../src/continual/gaussian.ts'
import { Random } from '../../src/tensor/random.ts'
import { thrown } from '../toy.ts'

const I = 6
const ROWS = 300

/** Rows of three classes about prototypes of their own; a task's features are shifted by `by` places. */
function task(seed: number, by: number) {
  const random = Random.from(seed)
  const x = new Float32Array(ROWS * I)
  const labels = new Uint8Array(ROWS)
  for (let row = 0; row < ROWS; row++) {
    const label = row % 3
    labels[row] = label
    for (let i = 0; i < I; i++) x[row * I + ((i + by) % I)] = (i === label ? 2 : 0) + (i < 3 ? random.uniform() : 0)
  }
  return { x, labels }
}

function learnt(tasks: readonly ReturnType<typeof task>[], features = 0) {
  const experts = new AnalyticExperts({ inputs: I, features })
  for (const { x, labels } of tasks) {
    experts.learn(x, labels)
    experts.consolidate()
  }
  return experts
}

describe('Gaussian', () => {
  it('has the log density of the textbook formula, with two features', () => {
    const rows = [
      [1, 2],
      [3, 1],
      [2, 5],
      [0, 0],
    ] as const
    const sums = new RunningSums(2, false)
    sums.add(Float32Array.from(rows.flat()), new Uint8Array(4), 1)
    const shrinkage = 0.25
    const gaussian = Gaussian.of(sums, shrinkage)
    const [mx, my] = [1.5, 2]
    const mean = (f: (x: number, y: number) => number) => rows.reduce((sum, [x, y]) => sum + f(x, y), 0) / 4
    const [sxx, sxy, syy] = [
      mean((x) => (x - mx) ** 2),
      mean((x, y) => (x - mx) * (y - my)),
      mean((_, y) => (y - my) ** 2),
    ]
    const extra = (shrinkage * (sxx + syy)) / 2
    const [a, b, c] = [sxx + extra, sxy, syy + extra]
    const determinant = a * c - b * b
    const points = [
      [0.5, -1],
      [4, 4],
    ] as const
    const found = gaussian.logDensities(Float32Array.from(points.flat()))
    points.forEach(([x, y], row) => {
      const [dx, dy] = [x - mx, y - my]
      const square = (c * dx * dx - 2 * b * dx * dy + a * dy * dy) / determinant
      expect(found[row]).toBeCloseTo(-square / 2 - Math.log(determinant) / 2, 5)
    })
  })
})

describe('AnalyticExperts', () => {
  const [first, second] = [task(1, 0), task(2, 3)]

  it('answers by the expert of the task that a row looks like, as that task alone would', () => {
    const experts = learnt([first, second])
    for (const [index, { x, labels }] of [first, second].entries()) {
      const alone = new Analytic({ inputs: I })
      alone.learn(x, labels)
      const found = experts.predict(x)
      expect([...new Set(found.tasks)]).toEqual([index])
      expect(found.labels).toEqual(alone.predict(x).labels)
      expect([...found.labels]).toEqual([...labels])
    }
  })

  it('does not change what it answers for a task when another is learnt, bit for bit', () => {
    const one = learnt([first], 40)
    const two = learnt([first, second], 40)
    expect(two.predict(first.x).labels).toEqual(one.predict(first.x).labels)
    expect(two.tasks).toBe(2)
    // a mean [I], an inverse [I, I], scores [3, 40 + 1] in float32, twice
    expect(two.bytes).toBe(2 * 4 * (I + I * I + 3 * 41))
  })

  it('does not depend on the other rows, nor on batches', () => {
    const experts = learnt([first, second], 40)
    const mixed = new Float32Array(2 * 1200 * I)
    for (let row = 0; row < 2400; row++)
      mixed.set((row % 2 ? second : first).x.subarray((row % ROWS) * I, ((row % ROWS) + 1) * I), row * I)
    const all = experts.predict(mixed)
    for (const row of [0, 1, 999, 1000, 2399]) {
      const one = experts.predict(mixed.slice(row * I, (row + 1) * I))
      expect(one.labels[0]).toBe(all.labels[row])
      expect(one.tasks[0]).toBe(all.tasks[row])
      expect(all.tasks[row]).toBe(row % 2)
    }
  })

  it('refuses what it cannot do, and is then as it was', () => {
    const experts = learnt([first])
    const before = experts.predict(first.x)
    const code = (run: () => unknown) => thrown(run).code
    expect(code(() => experts.consolidate())).toBe('EMPTY_SET')
    expect(code(() => experts.predict(new Float32Array(0)))).toBe('EMPTY_SET')
    expect(code(() => experts.predict(new Float32Array(I + 1)))).toBe('LENGTH')
    expect(code(() => experts.predict(new Float32Array(I).fill(Number.NaN)))).toBe('NON_FINITE')
    expect(code(() => experts.learn(first.x, [1]))).toBe('LENGTH')
    expect(code(() => experts.learn(new Float32Array(I).fill(Infinity), [1]))).toBe('NON_FINITE')
    expect(code(() => new AnalyticExperts({ inputs: I }).predict(first.x))).toBe('EMPTY_SET')
    for (const wrong of [
      { inputs: 0 },
      { inputs: I, shrinkage: 0 },
      { inputs: I, ridge: -1 },
      { inputs: I, seed: 0.5 },
    ])
      expect(code(() => new AnalyticExperts(wrong))).toBe('INVALID_ARGUMENT')
    expect(experts.predict(first.x)).toEqual(before)
    expect(code(() => experts.consolidate())).toBe('EMPTY_SET')
  })
})

describe('its state', () => {
  const three = [task(1, 0), task(2, 2), task(3, 4)]
  const probe = Float32Array.from(three.flatMap(({ x }) => [...x.subarray(0, 20 * I)]))

  it.each([0, 40])('is all that it remembers, with %i features, in the middle of a task', (features) => {
    const experts = learnt(three.slice(0, 2), features)
    const last = three[2] as (typeof three)[number]
    const half = (ROWS / 2) * I
    experts.learn(last.x.subarray(0, half), last.labels.subarray(0, ROWS / 2))
    const again = new AnalyticExperts({ inputs: I, features })
    again.restore(experts.state())
    expect(again.state()).toEqual(experts.state())
    for (const one of [experts, again]) {
      one.learn(last.x.subarray(half), last.labels.subarray(ROWS / 2))
      one.consolidate()
    }
    expect(again.predict(probe)).toEqual(experts.predict(probe))
    expect(again.state()).toEqual(experts.state())
    expect(again.bytes).toBe(experts.bytes)
  })

  it('that does not fit is refused, and changes nothing', () => {
    const experts = learnt(three.slice(0, 2))
    experts.learn(three[2]?.x as Float32Array, three[2]?.labels as Uint8Array)
    const good = experts.state()
    const changed = (name: string, array: unknown) =>
      ({ ...good, arrays: { ...good.arrays, [name]: array } }) as typeof good
    const wrong = [
      [{ ...good, method: 'analytic' }, 'INVALID_ARGUMENT'],
      [{ ...good, numbers: { ...good.numbers, inputs: 5 } }, 'INVALID_ARGUMENT'],
      [{ ...good, numbers: { ...good.numbers, tasks: 3 } }, 'NON_FINITE'],
      [{ ...good, numbers: { ...good.numbers, tasks: 1.5 } }, 'INVALID_ARGUMENT'],
      [changed('0/gate/mean', new Float32Array(I - 1)), 'LENGTH'],
      [changed('0/gate/inverse', new Float64Array(I * I)), 'DTYPE'],
      [changed('1/gate/halfLog', Float64Array.of(NaN)), 'NON_FINITE'],
      [changed('1/scores/classes', Float64Array.of(2, 1, 0)), 'INVALID_ARGUMENT'],
      [changed('1/scores/classes', Float64Array.of(0, 1, 2.5)), 'LABEL_OUT_OF_RANGE'],
      [changed('1/scores/classes', new Float64Array()), 'LENGTH'],
      [changed('1/scores/bias', Float32Array.of(0, 0, Infinity)), 'NON_FINITE'],
      [changed('learning/head/gram', new Float64Array(1)), 'LENGTH'],
      [changed('learning/gate/counts', Float64Array.of(-1)), 'INVALID_ARGUMENT'],
    ] as const
    const other = learnt(three.slice(1))
    const before = other.state()
    for (const [state, code] of wrong) {
      expect(thrown(() => other.restore(state)).code).toBe(code)
      expect(other.state()).toEqual(before)
    }
    other.restore(good)
    expect(other.state()).toEqual(good)
  })
})
