import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccuracyMatrix,
  averageAccuracy,
  backwardTransfer,
  forgetting,
  forwardTransfer,
  learningAccuracy,
} from '../../src/continual/index.ts'
import { refusal } from '../refusal.ts'

// eighths are exact in binary
const R: AccuracyMatrix = [
  [1, 0.25, 0.125],
  [0.75, 0.875, 0.5],
  [0.5, 0.625, 0.75],
]
const TRIANGLE = R.map((row, i) => row.slice(0, i + 1))
// task 0 was best after task 1, task 1 before it was learnt
const ODD: AccuracyMatrix = [
  [0.5, 0.75, 0],
  [0.625, 0.5, 0],
  [0.25, 0.5, 1],
]

describe('by hand', () => {
  it('the average accuracy', () => {
    expect(averageAccuracy(R)).toBe((0.5 + 0.625 + 0.75) / 3)
    expect(averageAccuracy([[0.5]])).toBe(0.5)
  })

  it('backward transfer', () => {
    expect(backwardTransfer(R)).toBe((-0.5 - 0.25) / 2)
    expect(backwardTransfer(ODD)).toBe((-0.25 + 0) / 2)
  })

  it('forward transfer', () => {
    expect(forwardTransfer(R, [0.5, 0.125, 0.25])).toBe((0.125 + 0.25) / 2)
    expect(forwardTransfer(ODD, [0, 0.5, 0.25])).toBe((0.25 - 0.25) / 2)
  })

  it('forgetting', () => {
    expect(forgetting(R)).toBe((0.5 + 0.25) / 2)
    expect(forgetting(ODD)).toBe((0.375 + 0.25) / 2)
    expect(forgetting(ODD.map((row, i) => row.slice(0, i + 1)))).toBe((0.375 + 0) / 2)
  })

  it('forgetting below 0, where later tasks helped', () => {
    expect(forgetting([[0.25], [0.5, 1]])).toBe(-0.25)
  })

  it('learning accuracy', () => {
    expect(learningAccuracy(R)).toBe((1 + 0.875 + 0.75) / 3)
    expect(learningAccuracy([[0.25]])).toBe(0.25)
  })

  it('rows that stop at the diagonal say the same, but of transfer forward', () => {
    for (const metric of [averageAccuracy, backwardTransfer, forgetting, learningAccuracy])
      expect(metric(TRIANGLE)).toBe(metric(R))
    expect(refusal('INVALID_ARGUMENT', () => forwardTransfer(TRIANGLE, [0, 0, 0])).message).toContain('diagonal')
  })
})

it('holds the identities between them', () => {
  const matrices = fc.integer({ min: 2, max: 6 }).chain((tasks) =>
    fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: tasks, maxLength: tasks }), {
      minLength: tasks,
      maxLength: tasks,
    }),
  )
  fc.assert(
    fc.property(matrices, (matrix) => {
      const tasks = matrix.length
      const whole = learningAccuracy(matrix) + ((tasks - 1) / tasks) * backwardTransfer(matrix)
      expect(averageAccuracy(matrix)).toBeCloseTo(whole, 12)
      expect(forgetting(matrix)).toBeGreaterThanOrEqual(-backwardTransfer(matrix) - 1e-12)
    }),
  )
})

describe('refuses', () => {
  const metrics = { averageAccuracy, backwardTransfer, forgetting, learningAccuracy }
  it.each(Object.entries(metrics))('%s of what is no accuracy matrix', (_, metric) => {
    for (const matrix of [
      [],
      [[]],
      [[1, 2], [1]],
      [[1], [1, 2], [1, 2, 3, 4]],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      [[], [1]],
    ])
      refusal('INVALID_ARGUMENT', () => metric(matrix))
    for (const wrong of [NaN, Infinity]) refusal('NON_FINITE', () => metric([[1], [wrong, 1]]))
  })

  it('what needs two tasks of one', () => {
    for (const metric of [backwardTransfer, forgetting, (matrix: AccuracyMatrix) => forwardTransfer(matrix, [1])])
      expect(refusal('INVALID_ARGUMENT', () => metric([[1]])).message).toContain('at least 2')
  })

  it('initial accuracies that do not fit', () => {
    refusal('INVALID_ARGUMENT', () => forwardTransfer(R, [0, 0]))
    refusal('NON_FINITE', () => forwardTransfer(R, [0, NaN, 0]))
  })
})
