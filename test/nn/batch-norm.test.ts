import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { BatchNorm1d } from '../../src/nn/batch-norm.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Mode } from '../../src/nn/module.ts'
import { mul } from '../../src/ops/mul.ts'
import { sum } from '../../src/ops/sum.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, hashOf, numbers, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { type Moments, moments } from './float64.ts'

const FEATURES = 19

function forward(norm: BatchNorm1d, x: Float32Array, mode: Mode): Float32Array {
  return new Tape().step((tape) => norm.forward(tape.input(x, [x.length / FEATURES, FEATURES]), mode).read())
}

const rowsOf = (x: Float32Array): number[][] =>
  Array.from({ length: x.length / FEATURES }, (_, row) => [...x.subarray(row * FEATURES, (row + 1) * FEATURES)])

const state = ({ runningMean, runningVariance }: BatchNorm1d): string => hashOf([runningMean, runningVariance])

describe('BatchNorm1d', () => {
  it('moves its running statistics by the rule of PyTorch', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    const random = Random.from(1)
    let mean = new Array<number>(FEATURES).fill(0)
    let variance = new Array<number>(FEATURES).fill(1)
    for (const rows of [2, 7, 100, 16, 3]) {
      const x = numbers(rows * FEATURES, random, 3).map((value, at) => value + (at % FEATURES))
      forward(norm, x, 'training')
      const batch = moments(rowsOf(x))
      mean = mean.map((old, i) => 0.9 * old + 0.1 * (batch[i] as Moments).mean)
      variance = variance.map((old, i) => 0.9 * old + (0.1 * (batch[i] as Moments).variance * rows) / (rows - 1))
    }
    // x is below 22 and a sum of B numbers has B roundings; five batches, of 128 rows in all
    const allowed = 128 * 22 * UNIT_ROUNDOFF
    expect(worst(norm.runningMean, mean, () => allowed)).toBeLessThan(1)
    // a variance of 3 from distances below 3, which are themselves wrong by 22 roundoffs
    expect(worst(norm.runningVariance, variance, () => allowed)).toBeLessThan(1)
  })

  it('normalises by the biased variance of the batch in training, by the running statistics in evaluation', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    const random = Random.from(2)
    norm.gamma.data.set(numbers(FEATURES, random))
    norm.beta.data.set(numbers(FEATURES, random))
    // so small that epsilon decides: the deviation is about 0.006, epsilon 1e-5 against a variance of 3e-5
    const x = numbers(11 * FEATURES, random, 0.01)
    const plain = (statistics: readonly Moments[]): number[] =>
      rowsOf(x).flatMap((row) =>
        row.map((value, i) => {
          const { mean, variance } = statistics[i] as Moments
          const scaled = (value - mean) / Math.sqrt(variance + 1e-5)
          return scaled * (norm.gamma.data[i] as number) + (norm.beta.data[i] as number)
        }),
      )
    const running = (): Moments[] =>
      Array.from(norm.runningMean, (mean, i) => ({ mean, variance: norm.runningVariance[i] as number }))
    // |y| is below 4; the mean of 11 rows, the distance, root, quotient and product: 20 roundings
    const allowed = 4 * 20 * UNIT_ROUNDOFF
    expect(worst(forward(norm, x, 'evaluation'), plain(running()), () => allowed)).toBeLessThan(1)
    expect(worst(forward(norm, x, 'training'), plain(moments(rowsOf(x))), () => allowed)).toBeLessThan(1)
    expect(worst(forward(norm, x, 'evaluation'), plain(running()), () => allowed)).toBeLessThan(1)
  })

  it('changes nothing in evaluation', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    const before = state(norm)
    forward(norm, numbers(5 * FEATURES, Random.from(3)), 'evaluation')
    expect(state(norm)).toBe(before)
  })

  it('gives beta for a column that never varies', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    norm.beta.data.fill(0.25)
    expect([...forward(norm, new Float32Array(4 * FEATURES).fill(7), 'training')]).toEqual(
      new Array(4 * FEATURES).fill(0.25),
    )
  })

  it('does not move when the step throws after the forward pass', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    const before = state(norm)
    const x = numbers(5 * FEATURES, Random.from(4))
    const step = (fail: boolean) =>
      new Tape().step((tape) => {
        norm.forward(tape.input(x, [5, FEATURES]), 'training')
        expect(state(norm)).toBe(before)
        if (fail) throw new RangeError('later')
      })
    expect(() => step(true)).toThrow('later')
    expect(state(norm)).toBe(before)
    step(false)
    expect(state(norm)).not.toBe(before)
  })

  it('refuses one row in training, which has no variance, and takes it in evaluation', () => {
    const norm = new BatchNorm1d('norm', FEATURES)
    const before = state(norm)
    const row = numbers(FEATURES, Random.from(5))
    expect(codeOf(() => forward(norm, row, 'training'))).toBe('INVALID_ARGUMENT')
    expect(state(norm)).toBe(before)
    expect(forward(norm, row, 'evaluation')).toHaveLength(FEATURES)
    expect(codeOf(() => new BatchNorm1d('norm', 0))).toBe('SHAPE')
  })
})

describe('frozen statistics', () => {
  it('are used in training as in evaluation and stay as they are, while gamma and beta still learn', () => {
    const model = new Mlp([6, 5, 4, 3], { batchNorm: true })
    const x = numbers(7 * 6, Random.from(6))
    const run = (mode: Mode) =>
      new Tape().step((tape) => {
        const y = model.forward(tape.input(x, [7, 6]), mode)
        tape.backward(sum(mul(y, y)), model.parameters())
        return y.read()
      })
    run('training')
    const free = model.norms.map(state)
    model.freezeStatistics()
    const training = run('training')
    expect(model.norms.map(state)).toEqual(free)
    expect(training).toEqual(run('evaluation'))
    for (const { gamma, beta } of model.norms)
      for (const { gradient } of [gamma, beta]) expect(gradient.some((value) => value !== 0)).toBe(true)
    for (const norm of model.norms) norm.frozen = false
    expect(run('training')).not.toEqual(training)
    expect(model.norms.map(state)).not.toEqual(free)
  })
})
