import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchNorm, Tape } from '../../src/autograd.ts'
import { U, within } from '../gradcheck.ts'
import { stream, uniform } from '../numbers.ts'
import { columnMoments } from '../oracle.ts'
import { refusal } from '../refusal.ts'

const size = fc.integer({ min: 2, max: 19 })

type Running = { readonly mean: Float32Array; readonly variance: Float32Array }

function run(
  mode: 'training' | 'evaluation',
  batch: number,
  features: number,
  x: Float32Array,
  running: Running,
  momentum = 0.1,
) {
  const tape = new Tape()
  return tape.step(() => {
    const [gamma, beta] = [new Float32Array(features).fill(1), new Float32Array(features)]
    const options = { mode, epsilon: 1e-5, momentum }
    const inputs = [tape.input(gamma, [features]), tape.input(beta, [features])] as const
    return batchNorm(tape.input(x, [batch, features]), ...inputs, running, options).read()
  })
}

test('training moves the running statistics towards the mean and the unbiased variance of the batch', () => {
  fc.assert(
    fc.property(
      size,
      size,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer(),
      (batch, features, momentum, seed) => {
        const next = stream(seed)
        const x = uniform(next, batch * features)
        const running = { mean: uniform(next, features), variance: uniform(next, features, 0.5, 2) }
        const old = { mean: running.mean.slice(), variance: running.variance.slice() }
        run('training', batch, features, x, running, momentum)
        const { mean, variance } = columnMoments(batch, features, Float64Array.from(x))
        const moved = (from: Float32Array, to: Float64Array) =>
          from.map((value, j) => (1 - momentum) * value + momentum * (to[j] as number))
        // the batch's mean is off by (2 B + 2) U, its variance by (16 B + 32) U, times B / (B - 1) <= 2
        within(running.mean, moved(old.mean, mean), (2 * batch + 10) * U, 'mean')
        const unbiased = variance.map((value) => (value * batch) / (batch - 1))
        within(running.variance, moved(old.variance, unbiased), (32 * batch + 90) * U, 'variance')
      },
    ),
  )
})

test('evaluation leaves the running statistics as they are, and treats every row by itself', () => {
  const next = stream(1)
  const running = { mean: uniform(next, 5), variance: uniform(next, 5, 0.5, 2) }
  const before = { mean: running.mean.slice(), variance: running.variance.slice() }
  const x = uniform(next, 15)
  const all = run('evaluation', 3, 5, x, running)
  for (let row = 0; row < 3; row++)
    expect(run('evaluation', 1, 5, x.slice(row * 5, row * 5 + 5), running)).toEqual(all.slice(row * 5, row * 5 + 5))
  expect(running).toEqual(before)
})

test('a batch of one row has no variance to train on, and changes nothing', () => {
  const running = { mean: new Float32Array(2), variance: new Float32Array(2).fill(1) }
  const { message } = refusal('INVALID_ARGUMENT', () => run('training', 1, 2, Float32Array.of(1, 2), running))
  expect(message).toContain('rows is 1')
  expect(running).toEqual({ mean: new Float32Array(2), variance: new Float32Array(2).fill(1) })
})

test('statistics of another length are refused', () => {
  const running = { mean: new Float32Array(3), variance: new Float32Array(2) }
  for (const mode of ['training', 'evaluation'] as const)
    refusal('LENGTH', () => run(mode, 2, 2, new Float32Array(4), running))
})
