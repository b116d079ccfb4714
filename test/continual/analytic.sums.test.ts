import { describe, expect, it } from 'vitest'
import { Analytic, type AnalyticOptions } from '../../src/continual/index.ts'
import { Random } from '../../src/tensor/random.ts'
import { blobs, codeOf, inputsOf, largest, worst } from '../toy.ts'
import { type Cloud, cloud, ordered, part } from './analytic.loop.ts'

const INPUTS = 12
const data = cloud(1500, INPUTS, [4, 0, 9, 65_535])
const unseen = cloud(1500, INPUTS, [4, 0, 9, 65_535], 2).x

const learnt = (options: Partial<AnalyticOptions>, ...parts: Cloud[]) => {
  const analytic = new Analytic({ inputs: INPUTS, ...options })
  for (const { x, labels } of parts) analytic.learn(x, labels)
  return analytic
}

/** its state's, with the gram of all classes */
const arraysOf = (analytic: Analytic) => {
  const arrays = analytic.state().arrays as Record<string, Float64Array>
  const D = analytic.features || analytic.inputs
  const gram = new Float64Array((D * (D + 1)) / 2)
  arrays.gram!.forEach((value, at) => {
    gram[at % gram.length]! += value
  })
  return { ...arrays, gram } as Record<string, Float64Array>
}

/** the largest difference, as a share of the largest number expected */
const share = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const most = largest(b)
  return worst(a, b, () => most)
}

/** row and column of each number of a lower triangle */
const placesOf = (D: number): [number, number][] =>
  Array.from({ length: D }, (_, i) => Array.from({ length: i + 1 }, (_, j): [number, number] => [i, j])).flat()

/**
 * The docstring's promise: 1e-6 of sqrt(g_ii g_jj), 1e-3 of the largest weight and score, the same answers.
 * @param most - with the largest sums on the way
 */
function expectSame(a: Analytic, b: Analytic, most: Analytic = b): void {
  const [mine, theirs, { gram }] = [arraysOf(a), arraysOf(b), arraysOf(most)]
  const D = a.features || a.inputs
  const places = placesOf(D)
  const size = Float64Array.from({ length: D }, (_, i) => Math.sqrt(gram![(i * (i + 3)) / 2]!))
  const allowed = (_: number, at: number) => 1e-6 * size[places[at]![0]]! * size[places[at]![1]]!
  expect(worst(mine.gram!, theirs.gram!, allowed)).toBeLessThan(1)
  expect(mine.counts).toEqual(theirs.counts)
  expect(mine.classes).toEqual(theirs.classes)
  expect(share(mine.sums!, theirs.sums!)).toBeLessThan(1e-12)
  expect(share(a.solve().weight, b.solve().weight)).toBeLessThan(1e-3)
  const [answers, right] = [a.predict(unseen), b.predict(unseen)]
  expect(share(answers.scores, right.scores)).toBeLessThan(1e-3)
  expect(answers.labels).toEqual(right.labels)
}

const KINDS: Partial<AnalyticOptions>[] = [
  { head: 'ridge' },
  { head: 'means' },
  { head: 'ridge', features: 60, seed: 3 },
  { head: 'means', features: 60, seed: 3 },
  { head: 'ridge', removable: true },
]

describe.each(KINDS)('with %o', (options) => {
  const whole = learnt(options, data)

  it('neither order nor batches matter', () => {
    const order = Random.from(1).shuffle(Uint32Array.from({ length: 1500 }, (_, row) => row))
    expectSame(learnt(options, ordered(data, order)), whole)
    const cuts = [0, 1, 2, 9, 410, 811, 1499, 1500]
    expectSame(learnt(options, ...cuts.slice(1).map((cut, i) => part(data, cuts[i]!, cut))), whole)
  })

  it('classes may come one after the other', () => {
    const order = data.labels.map((label, row) => ({ label, row })).sort((a, b) => a.label - b.label)
    const sorted = ordered(
      data,
      order.map(({ row }) => row),
    )
    const starts = [0, ...[4, 9, 65_535].map((label) => sorted.labels.indexOf(label)), 1500]
    expectSame(learnt(options, ...starts.slice(1).map((end, i) => part(sorted, starts[i]!, end))), whole)
  })

  it('two that learnt a half each merge to one that learnt all', () => {
    const [first, second] = [learnt(options, part(data, 0, 600)), learnt(options, part(data, 600, 1500))]
    const untouched = second.state()
    first.solve()
    first.merge(second)
    expectSame(first, whole)
    expect(second.state()).toEqual(untouched)
    expect(first.samples).toBe(1500)
  })

  it('what it forgets it has not learnt', () => {
    const more = cloud(500, INPUTS, [0, 77], 5)
    const analytic = learnt(options, data, more)
    expect(analytic.classes).toEqual([0, 4, 9, 77, 65_535])
    analytic.solve()
    const backwards = ordered(
      more,
      Array.from({ length: 500 }, (_, i) => 499 - i),
    )
    analytic.forget(backwards.x, backwards.labels)
    expectSame(analytic, whole, learnt(options, data, more))
    expect(analytic.countOf(77)).toBe(0)
  })

  it('of nothing left, sums are 0', () => {
    const analytic = learnt(options, part(data, 0, 50), part(data, 50, 90))
    const { x, labels } = part(data, 0, 90)
    analytic.forget(x, labels)
    expect(analytic.state()).toEqual(new Analytic({ inputs: INPUTS, ...options }).state())
    expect(codeOf(() => analytic.solve())).toBe('EMPTY_SET')
  })
})

it('a class that comes later leaves the sums of the others as they were, to the bit', () => {
  const analytic = learnt({}, data)
  const { sums, classes, counts } = arraysOf(analytic)
  const fresh = cloud(50, INPUTS, [5], 8)
  analytic.learn(fresh.x, fresh.labels)
  const after = arraysOf(analytic)
  expect([...after.classes!]).toEqual([0, 4, 5, 9, 65_535])
  for (const [c, label] of [...classes!].entries()) {
    const at = after.classes!.indexOf(label)
    expect(after.counts![at]).toBe(counts![c])
    expect(after.sums!.slice(at * INPUTS, (at + 1) * INPUTS)).toEqual(sums!.slice(c * INPUTS, (c + 1) * INPUTS))
  }
  expect(analytic.countOf(5)).toBe(50)
})

describe('removeClass', () => {
  const others = ordered(
    data,
    data.labels.flatMap((label, row) => (label === 9 ? [] : [row])),
  )
  const own = ordered(
    data,
    data.labels.flatMap((label, row) => (label === 9 ? [row] : [])),
  )

  it('leaves the sums of the others, and of all but the scatter of its samples about their mean', () => {
    const analytic = learnt({}, data)
    const before = arraysOf(analytic)
    analytic.removeClass(9)
    const after = arraysOf(analytic)
    const rest = arraysOf(learnt({}, others))
    expect([...after.classes!]).toEqual([0, 4, 65_535])
    expect(after.sums).toEqual(before.sums!.filter((_, at) => before.classes![Math.floor(at / INPUTS)] !== 9))
    expect(after.counts).toEqual(rest.counts)
    // its samples less their mean, in the lower triangle
    const n = own.labels.length
    const mean = Array.from({ length: INPUTS }, (_, i) =>
      own.x.reduce((sum, v, at) => sum + (at % INPUTS === i ? v / n : 0), 0),
    )
    const left = learnt({}, { x: own.x.map((v, at) => v - mean[at % INPUTS]!), labels: own.labels })
    const scatter = arraysOf(left).gram!
    placesOf(INPUTS).forEach(([i], at) => {
      expect(Math.abs(after.gram![at]! - rest.gram![at]! - scatter[at]!)).toBeLessThan(
        1e-6 * before.gram![(i * (i + 3)) / 2]! + 1e-3,
      )
    })
  })

  it('leaves nothing where classes are removable, so that it is as if it had never been', () => {
    const analytic = learnt({ removable: true }, data)
    analytic.solve()
    analytic.removeClass(9)
    const never = learnt({ removable: true }, others)
    expectSame(analytic, never)
    expect(analytic.state().numbers.removable).toBe(1)
    expectSame(never, learnt({ removable: true }, others), learnt({ removable: true }, data))
    // in small batches of one class nothing is rounded differently: not one bit is left
    const [small, without] = [
      new Analytic({ inputs: INPUTS, removable: true }),
      new Analytic({ inputs: INPUTS, removable: true }),
    ]
    small.learn(own.x, own.labels)
    for (const one of [small, without]) one.learn(others.x, others.labels)
    small.removeClass(9)
    expect(small.state()).toEqual(without.state())
    expect(small.solve()).toEqual(without.solve())
  })

  it('is never answered again, and the means head scores the others as before', () => {
    const [analytic, before] = [
      learnt({ head: 'means', ridge: 1e-6 }, data),
      learnt({ head: 'means', ridge: 1e-6 }, data),
    ]
    expect(before.predict(unseen).labels.includes(9)).toBe(true)
    analytic.predict(unseen)
    analytic.removeClass(9)
    const { labels } = analytic.predict(unseen)
    expect(labels.includes(9)).toBe(false)
    // the covariance it shares is what it was
    const among = before.predict(unseen, { among: [0, 4, 65_535] }).labels
    expect(labels.filter((label, row) => label !== among[row]).length).toBeLessThanOrEqual(1)
  })

  it('of the last class leaves nothing', () => {
    const analytic = learnt({}, own)
    analytic.removeClass(9)
    expect(analytic.state()).toEqual(new Analytic({ inputs: INPUTS }).state())
  })
})

it('keeps no sample: what it holds does not grow with them', () => {
  const set = blobs({ count: 900, features: 5 })
  const analytic = new Analytic({ inputs: 5 })
  analytic.learn(inputsOf(set), set.labels)
  const { bytes } = analytic
  for (let round = 0; round < 5; round++) analytic.learn(inputsOf(set), set.labels)
  expect(analytic.bytes).toBe(bytes)
  expect(bytes).toBe(8 * (15 + 3 * 7))
  expect(analytic.storesSamples).toBe(false)
})
