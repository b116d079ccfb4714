import { expect, it } from 'vitest'
import { figuresOf } from '../../bench/gathered/figures.ts'
import { correlation } from '../../bench/gathered/squares.ts'
import { palimpsest } from './command.ts'

it('the rank correlation is 1 for the same order, -1 for the other, and Spearman\u2019s between', () => {
  const values = Float32Array.of(3, 1, 4, 1.5, 9)
  expect(correlation(values, values.map(Math.exp))).toBeCloseTo(1, 12)
  expect(
    correlation(
      values,
      values.map((value) => -value),
    ),
  ).toBeCloseTo(-1, 12)
  // 1 - 6 sum d^2 / (n (n^2 - 1)), d = -1, 1, 0, 0
  expect(correlation(Float32Array.of(1, 2, 3, 4), Float32Array.of(2, 1, 3, 4))).toBeCloseTo(1 - 12 / 60, 12)
})

it('figures are means over the seeds, with the deviation of a sample', () => {
  const name = 'ratio/layers.0.bias'
  const runs = [1, 2, 3].map((seed) => ({ name, seed, value: seed / 2 }))
  expect(figuresOf([...runs, { name: 'known/network/0.1/unknown-of-learnt', seed: null, value: 0.25 }])).toEqual([
    { name: `gathered/${name}`, value: 1, unit: 'ratio', n: 3, std: 0.5, better: 'higher' },
    { name: 'gathered/known/network/0.1/unknown-of-learnt', value: 0.25, unit: 'share', n: 1, std: 0, better: 'lower' },
  ])
})

it('a mistake in its options is told before anything is learnt', () => {
  const { status, stderr } = palimpsest('gathered', '--seeds', '0')
  expect([status, stderr]).toEqual([2, expect.stringContaining("--seeds is '0'")])
  expect(palimpsest('gathered', '--help').stdout).toContain('--seeds')
})
