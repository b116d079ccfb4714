import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Mlp } from '../../src/nn/mlp.ts'
import type { StoredNumbers } from '../../src/persistence/dtypes.ts'
import type { Stored } from '../../src/persistence/safetensors.ts'
import { loadStateDict } from '../../src/persistence/state-dict.ts'
import { rejection, stateOf } from '../toy.ts'

// as nn.Sequential(Linear(3, 4), ReLU(), BatchNorm1d(4), Linear(4, 2)) names them, written by the Python package:
// element i of an entry is ((7 i) mod 11 - 5) / 8; gamma + 1, beta / 2, the mean / 4, the variance |.| + 0.5
const FIXTURE = fileURLToPath(new URL('fixtures/sequential.safetensors', import.meta.url))
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => (((7 * i) % 11) - 5) / 8)

type Entries = Record<string, [number[], StoredNumbers?]>
const dict = (entries: Entries): Stored => ({
  tensors: Object.fromEntries(
    Object.entries(entries).map(([name, [shape, data]], i) => {
      const size = shape.reduce((product, axis) => product * axis, 1)
      return [name, { shape, data: data ?? new Float32Array(size).fill(i + 1) }]
    }),
  ),
  metadata: {},
})

const pair = (name: string, outputs: number, inputs: number): Entries => ({
  [`${name}.weight`]: [[outputs, inputs]],
  [`${name}.bias`]: [[outputs]],
})
const norm = (name: string, width: number): Entries => ({
  [`${name}.weight`]: [[width]],
  [`${name}.bias`]: [[width]],
  [`${name}.running_mean`]: [[width]],
  [`${name}.running_var`]: [[width]],
  [`${name}.num_batches_tracked`]: [[], Float64Array.of(3)],
})
const firsts = (model: Mlp) => model.parameters().map(({ data }) => data[0])

describe('a state dict of PyTorch', () => {
  it('out of a file gives the answers of its formulas', async () => {
    const model = new Mlp([3, 4, 2], { batchNorm: true, seed: 5 })
    await loadStateDict(model, FIXTURE)
    expect(model.parameters().map(({ data }) => data)).toEqual([
      ramp(12),
      ramp(4),
      ramp(4).map((value) => value + 1),
      ramp(4).map((value) => value / 2),
      ramp(8),
      ramp(2),
    ])
    const x = Float32Array.of(0.5, -1, 2)
    const h = Array.from({ length: 4 }, (_, o) => {
      const z = [0, 1, 2].reduce((sum, i) => sum + ramp(12)[3 * o + i]! * x[i]!, ramp(4)[o]!)
      const [r, v] = [Math.max(0, z), Math.abs(ramp(4)[o]!) + 0.5]
      return ((r - ramp(4)[o]! / 4) / Math.sqrt(v + 1e-5)) * (ramp(4)[o]! + 1) + ramp(4)[o]! / 2
    })
    const logits = [0, 1].map((o) => h.reduce((sum, value, i) => sum + ramp(8)[4 * o + i]! * value, ramp(2)[o]!))
    const p = 1 / (1 + Math.exp(logits[0]! - logits[1]!))
    expect(model.predict(x).probabilities[1]).toBeCloseTo(p, 5)
    expect(Math.abs(p - 0.5)).toBeGreaterThan(0.05)
  })

  it('is matched whatever its modules are called', async () => {
    for (const [first, second] of [
      ['fc1', 'fc2'],
      ['module.fc.0', 'module.fc.1'],
      ['out', 'in'],
      ['_orig_mod.b', 'a'],
    ]) {
      const model = new Mlp([3, 5, 2])
      await loadStateDict(model, dict({ ...pair(second!, 2, 5), ...pair(first!, 5, 3) }))
      expect(firsts(model)).toEqual([3, 4, 1, 2])
    }
  })

  it('of layers of one shape goes by the numbers in their names, not by their letters', async () => {
    const model = new Mlp([3, 3, 3, 3], { batchNorm: true })
    const entries = {
      ...pair('net.10', 3, 3),
      ...pair('net.2', 3, 3),
      ...pair('net.7', 3, 3),
      ...norm('bn.10', 3),
      ...norm('bn.9', 3),
    }
    await loadStateDict(model, dict(entries))
    // by layer: weight, bias, gamma, beta
    expect(firsts(model)).toEqual([3, 4, 12, 13, 5, 6, 7, 8, 1, 2])
    expect(model.norms.map(({ runningMean, runningVariance }) => [runningMean[0], runningVariance[0]])).toEqual([
      [14, 15],
      [9, 10],
    ])
  })

  it('is rounded to float32', async () => {
    const model = new Mlp([1, 1])
    await loadStateDict(model, dict({ weight: [[1, 1], Float64Array.of(0.1)], bias: [[1], Float64Array.of(1e-60)] }))
    expect(model.parameters().map(({ data }) => data[0])).toEqual([Math.fround(0.1), 0])
  })
})

describe('what does not fit is named, and changes nothing', () => {
  const model = new Mlp([3, 4, 4, 2], { batchNorm: true })
  const good: Entries = { ...pair('0', 4, 3), ...norm('2', 4), ...pair('3', 4, 4), ...norm('5', 4), ...pair('6', 2, 4) }
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))

  it.each<[string, Entries, RegExp]>([
    ['a shape', { ...good, '0.weight': [[4, 5]], '0.bias': [[4]] }, /"0.weight" has the shape \[4,5\]/],
    ['a transposed weight', { ...good, '6.weight': [[4, 2]], '6.bias': [[4]] }, /"6.weight" has the shape \[4,2\]/],
    ['a weight of three axes', { ...good, '0.weight': [[4, 3, 1]] }, /"0.weight" has the shape \[4,3,1\]/],
    ['a missing bias', without('3.bias'), /"3.bias" is missing/],
    ['a missing weight', without('3.weight'), /"3.weight" is missing/],
    ['a missing mean', without('5.running_mean'), /"5.running_mean" is missing/],
    ['a bias of another length', { ...good, '3.bias': [[5]] }, /"3.bias" has the shape \[5\], expected \[4\]/],
    ['an entry too many', { ...good, '0.scale': [[4]] }, /"0.scale", and no place for it/],
    [
      'a layer too many',
      { ...good, ...pair('8', 2, 4) },
      /2 modules \("6.", "8."\) with weights of \[2,4\], expected 1: layers.2.weight/,
    ],
    ['a layer too few', Object.fromEntries(Object.entries(good).filter(([key]) => !key.startsWith('6'))), /0 modules/],
    [
      'a norm too few',
      Object.fromEntries(Object.entries(good).filter(([key]) => !key.startsWith('5'))),
      /1 modules \("2."\)/,
    ],
    [
      'an order that nothing tells',
      {
        ...Object.fromEntries(Object.entries(good).filter(([key]) => !/^[25]/.test(key))),
        ...norm('first', 4),
        ...norm('later', 4),
      },
      /"first.", "later." have weights of one shape/,
    ],
    [
      'a norm before the activation',
      { ...pair('0', 4, 3), ...norm('1', 4), ...pair('3', 4, 4), ...norm('4', 4), ...pair('6', 2, 4) },
      /"1." follows "0."/,
    ],
    ['whole numbers', { ...good, '0.bias': [[4], new Int32Array(4)] }, /"0.bias" holds whole numbers/],
    [
      'a variance below 0',
      { ...good, '5.running_var': [[4], new Float32Array(4).fill(-1)] },
      /"5.running_var" holds a number below 0/,
    ],
    ['nothing', {}, /0 modules/],
  ])('%s', async (_, entries, message) => {
    await loadStateDict(model, dict(good))
    const before = stateOf(model)
    const error = await rejection(loadStateDict(model, dict(entries)))
    expect([error.code, error.message]).toEqual(['STATE_MISMATCH', expect.stringMatching(message)])
    expect(stateOf(model)).toBe(before)
  })

  it('infinity, and what is infinite in float32', async () => {
    for (const value of [Number.NaN, Infinity, 1e300])
      expect(
        (await rejection(loadStateDict(model, dict({ ...good, '6.bias': [[2], Float64Array.of(0, value)] })))).code,
      ).toBe('NON_FINITE')
  })

  it('a missing file, and what is no Mlp', async () => {
    expect((await rejection(loadStateDict(model, `${FIXTURE}.none`))).code).toBe('STATE_MISSING')
    expect((await rejection(loadStateDict({} as Mlp, FIXTURE))).code).toBe('INVALID_ARGUMENT')
  })
})
