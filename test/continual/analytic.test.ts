import { describe, expect, it } from 'vitest'
import { Analytic } from '../../src/continual/analytic.ts'
import { batches } from '../../src/data/batches.ts'
import { blobs, codeOf, inputsOf, worst } from '../toy.ts'
import { cloud, gauss, part, rowsOf } from './analytic.loop.ts'

const INPUTS = 6
const LABELS = [3, 7, 4000]
const RIDGE = 0.01
const data = cloud(90, INPUTS, LABELS)
const rows = rowsOf(data.x, INPUTS)
const n = rows.length

const learnt = (head: 'ridge' | 'means', ridge = RIDGE) => {
  const analytic = new Analytic({ inputs: INPUTS, head, ridge })
  analytic.learn(data.x, data.labels)
  return analytic
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)

/** ridge times the mean diagonal element of sum x x^T */
const rho = (RIDGE * rows.reduce((sum, row) => sum + dot(row, row), 0)) / INPUTS

// products over 90 samples round by 2^-24 of what they are, and the matrices here have conditions of about 100
const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  worst(a, b, () => 2e-5 * Math.max(...Array.from(b, Math.abs)))

/** the constant 1 after each row: what the bias multiplies */
const withOne = rows.map((row) => [...row, 1])

describe('the ridge head', () => {
  // normal equations of least squares with the bias as one more column, which is not penalised
  const normal = Array.from({ length: INPUTS + 1 }, (_, i) =>
    Array.from({ length: INPUTS + 1 }, (_, j) =>
      withOne.reduce((sum, row) => sum + row[i]! * row[j]!, i === j && i < INPUTS ? rho : 0),
    ),
  )
  const expected = LABELS.map((label) => {
    const rhs = Array.from({ length: INPUTS + 1 }, (_, i) =>
      withOne.reduce((sum, row, r) => sum + (data.labels[r] === label ? row[i]! : 0), 0),
    )
    return gauss(normal, rhs)
  })

  it('solves the normal equations of one-hot targets, as Gaussian elimination does', () => {
    const { classes, weight, bias } = learnt('ridge').solve()
    expect(classes).toEqual(LABELS)
    expect(
      close(
        weight,
        expected.flatMap((w) => w.slice(0, INPUTS)),
      ),
    ).toBeLessThan(1)
    expect(
      close(
        bias,
        expected.map((w) => w[INPUTS]!),
      ),
    ).toBeLessThan(1)
  })

  it('answers with the class of the largest score, by its number', () => {
    const { labels, scores, classes } = learnt('ridge').predict(data.x)
    const reference = withOne.map((row) => expected.map((w) => dot(w, row)))
    expect(close(scores, reference.flat())).toBeLessThan(1)
    expect([...labels]).toEqual(reference.map((row) => LABELS[row.indexOf(Math.max(...row))]))
    expect(classes).toEqual(LABELS)
    // it learnt something: most answers are right, and all classes are answered
    expect(data.labels.filter((label, row) => labels[row] === label).length).toBeGreaterThan(0.8 * n)
    expect(new Set(labels).size).toBe(3)
  })

  it('has scores that sum to 1, as targets do', () => {
    const { scores } = learnt('ridge').predict(data.x)
    for (let row = 0; row < n; row++)
      expect(scores.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  })
})

describe('the means head', () => {
  const counts = LABELS.map((label) => data.labels.filter((other) => other === label).length)
  const means = LABELS.map((label, c) =>
    Array.from({ length: INPUTS }, (_, i) =>
      rows.reduce((sum, row, r) => sum + (data.labels[r] === label ? row[i]! / counts[c]! : 0), 0),
    ),
  )
  const centred = rows.map((row, r) => row.map((value, i) => value - means[LABELS.indexOf(data.labels[r]!)]![i]!))
  const sigma = Array.from({ length: INPUTS }, (_, i) =>
    Array.from({ length: INPUTS }, (_, j) =>
      centred.reduce((sum, row) => sum + (row[i]! * row[j]!) / n, i === j ? rho / n : 0),
    ),
  )
  const precise = means.map((mean) => gauss(sigma, mean))

  it('has the textbook discriminants mu Sigma^-1 x - mu Sigma^-1 mu / 2, up to what all classes share', () => {
    const { scores, labels } = learnt('means').predict(data.x)
    const reference = rows.map((row) => precise.map((w, c) => dot(w, row) - dot(w, means[c]!) / 2))
    const differences = (of: (row: number, c: number) => number) =>
      rows.flatMap((_, row) => [of(row, 1) - of(row, 0), of(row, 2) - of(row, 0)])
    expect(
      close(
        differences((row, c) => scores[3 * row + c]!),
        differences((row, c) => reference[row]![c]!),
      ),
    ).toBeLessThan(1)
    expect([...labels]).toEqual(reference.map((row) => LABELS[row.indexOf(Math.max(...row))]))
  })

  it('has scores whose softmax is the posterior of the Gaussians, by their densities', () => {
    const { scores } = learnt('means').predict(data.x)
    for (let r = 0; r < n; r++) {
      const density = means.map((mean) => {
        const apart = rows[r]!.map((value, i) => value - mean[i]!)
        return Math.exp(-dot(apart, gauss(sigma, apart)) / 2)
      })
      const exps = [...scores.subarray(3 * r, 3 * r + 3)].map(Math.exp)
      const [all, whole] = [exps.reduce((a, b) => a + b), density.reduce((a, b) => a + b)]
      for (const c of [0, 1, 2]) expect(exps[c]! / all).toBeCloseTo(density[c]! / whole, 4)
    }
  })

  it('with one sample a class answers the nearest', () => {
    const analytic = new Analytic({ inputs: 2, head: 'means' })
    analytic.learn(Float32Array.of(0, 1, 4, 1, 0, 9), [5, 6, 2])
    expect([...analytic.predict(Float32Array.of(1.9, 1, 2.1, 1, 1, 5.5)).labels]).toEqual([5, 6, 2])
  })
})

describe('random features', () => {
  const make = (seed = 1) => new Analytic({ inputs: INPUTS, features: 40, seed })

  it('are the same for a seed, others for another, and tell apart what is no linear matter', () => {
    // exclusive or: no line parts it
    const x = Float32Array.from({ length: 400 }, (_, at) => Math.sin(at * at))
    const labels = Array.from({ length: 200 }, (_, row) => Number(x[2 * row]! * x[2 * row + 1]! > 0))
    const accuracy = (features: number, seed: number) => {
      const analytic = new Analytic({ inputs: 2, features, seed })
      analytic.learn(x, labels)
      const { labels: answers, scores } = analytic.predict(x)
      return { scores, right: labels.filter((label, row) => answers[row] === label).length / 200 }
    }
    expect(accuracy(0, 1).right).toBeLessThan(0.75)
    const [first, again, other] = [accuracy(100, 1), accuracy(100, 1), accuracy(100, 2)]
    expect(first.right).toBeGreaterThan(0.9)
    expect(again.scores).toEqual(first.scores)
    expect(other.scores).not.toEqual(first.scores)
  })

  it('are never negative, and the sums are over them', () => {
    const analytic = make()
    analytic.learn(data.x, data.labels)
    const { gram, sums, counts } = analytic.state().arrays
    expect(gram).toHaveLength(820)
    expect(Math.min(...gram!)).toBe(0)
    expect(sums!.every((sum) => sum >= 0) && sums!.some((sum) => sum > 0)).toBe(true)
    expect([...counts!].reduce((a, b) => a + b)).toBe(n)
  })

  it('of a row do not depend on the rows beside it', () => {
    const analytic = make()
    analytic.learn(data.x, data.labels)
    const { scores } = analytic.predict(data.x)
    for (const row of [0, 17, 89])
      expect(analytic.predict(part(data, row, row + 1).x).scores).toEqual(scores.slice(3 * row, 3 * row + 3))
  })
})

describe('predict', () => {
  it('answers among the classes of a task alone, with the scores that all have', () => {
    const analytic = learnt('ridge')
    const all = analytic.predict(data.x)
    const some = analytic.predict(data.x, { among: [4000, 3] })
    expect(some.classes).toEqual([3, 4000])
    for (let row = 0; row < n; row++) {
      const [first, , third] = all.scores.subarray(3 * row)
      expect([...some.scores.subarray(2 * row, 2 * row + 2)]).toEqual([first, third])
      expect(some.labels[row]).toBe(first! >= third! ? 3 : 4000)
    }
    expect(all.labels.includes(7)).toBe(true)
  })

  it('gives a tie to the lowest number', () => {
    const analytic = new Analytic({ inputs: 1 })
    analytic.learn(Float32Array.of(1, 1), [9, 2])
    expect([...analytic.predict(Float32Array.of(1)).labels]).toEqual([2])
  })

  it('sees what was learnt since, and solves once until then', () => {
    const analytic = learnt('ridge')
    const before = analytic.solve()
    expect(analytic.solve()).toBe(before)
    analytic.learn(data.x.slice(0, INPUTS), [8])
    expect(analytic.solve().classes).toEqual([3, 7, 8, 4000])
    expect([...analytic.predict(data.x.slice(0, INPUTS), { among: [8] }).labels]).toEqual([8])
  })

  it('refuses when the ridge is 0 and the inputs depend on each other', () => {
    const analytic = new Analytic({ inputs: 2, ridge: 0 })
    analytic.learn(Float32Array.of(1, 2, 2, 4, 3, 6), [0, 1, 1])
    expect(codeOf(() => analytic.predict(Float32Array.of(1, 2)))).toBe('NOT_POSITIVE_DEFINITE')
  })
})

it('learnSet is learn with its bytes times 1/255, all of them', () => {
  const set = blobs({ count: 1003, features: 5 })
  const [whole, once] = [new Analytic({ inputs: 5 }), new Analytic({ inputs: 5 })]
  whole.learnSet(set)
  once.learn(inputsOf(set), set.labels)
  expect(whole.samples).toBe(1003)
  expect(whole.state()).toEqual(once.state())
  for (const { x } of batches(set, { size: 1003 }))
    expect([...whole.predict(x).labels]).toEqual([...once.predict(x).labels])
})
