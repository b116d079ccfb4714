import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { Linear } from '../../src/nn/linear.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Mode } from '../../src/nn/module.ts'
import { Random } from '../../src/tensor/random.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { codeOf, largest, nudge, numbers, stateOf, thrown, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { float64 } from './float64.ts'

function logits(model: Mlp, x: Float32Array, mode: Mode): Float32Array {
  return new Tape().step((tape) => model.forward(tape.input(x, [x.length / model.inputs, model.inputs]), mode).read())
}

/** gamma, beta and running statistics that are not those of a new model */
function lived(sizes: readonly number[], batchNorm: boolean): Mlp {
  const model = new Mlp(sizes, { seed: 2, batchNorm })
  const random = Random.from(3)
  nudge(model.parameters(), random)
  for (const { runningMean, runningVariance } of model.norms) {
    runningMean.set(numbers(runningMean.length, random, 0.3))
    runningVariance.forEach((_, i) => {
      runningVariance[i] = 0.5 + random.uniform()
    })
  }
  return model
}

describe('Mlp', () => {
  const depths = [
    [5, 3],
    [7, 17, 4],
    [9, 16, 5, 2],
    [3, 8, 1, 33, 6, 10],
  ]
  const cases = depths.flatMap((sizes) =>
    [false, true].flatMap((batchNorm) =>
      (['training', 'evaluation'] as const).map((mode) => ({ sizes, batchNorm, mode })),
    ),
  )

  it.each(cases)('is the plain float64 forward: $sizes, BatchNorm $batchNorm, $mode', ({ sizes, batchNorm, mode }) => {
    const model = lived(sizes, batchNorm)
    const x = numbers(13 * model.inputs, Random.from(1))
    const expected = float64(model).logits(x, mode).flat()
    // a layer of I inputs adds at most I + 1 roundings of terms no larger than the largest logit times about 10;
    // BatchNorm of the batch divides by deviations that are above 1 / 10 of it here
    const roundings = sizes.reduce((sum, size) => sum + size + 1, 0)
    const allowed = 10 * roundings * UNIT_ROUNDOFF * largest(expected) * (batchNorm && mode === 'training' ? 10 : 1)
    expect(worst(logits(model, x, mode), expected, () => allowed)).toBeLessThan(1)
    expect(Math.min(...expected)).toBeLessThan(0)
  })

  it('names its parameters, layer by layer', () => {
    const model = new Mlp([4, 3, 2], { batchNorm: true })
    expect(model.parameters().map(({ name, shape }) => [name, shape])).toEqual([
      ['layers.0.weight', [3, 4]],
      ['layers.0.bias', [3]],
      ['norms.0.gamma', [3]],
      ['norms.0.beta', [3]],
      ['layers.1.weight', [2, 3]],
      ['layers.1.bias', [2]],
    ])
    expect(model).toMatchObject({ inputs: 4, outputs: 2, seed: 0 })
    expect(new Mlp([4, 3, 3, 2]).norms).toEqual([])
  })

  it('keeps no mode: evaluation after training is evaluation, and leaves the state alone', () => {
    const model = lived([7, 6, 4], true)
    const x = numbers(5 * 7, Random.from(1))
    const before = logits(model, x, 'evaluation')
    const held = stateOf(model)
    expect(logits(model, x, 'evaluation')).toEqual(before)
    expect(stateOf(model)).toBe(held)
    expect(logits(model, x, 'training')).not.toEqual(before)
    expect(stateOf(model)).not.toBe(held)
  })

  it('refuses sizes that make no network', () => {
    for (const sizes of [[], [3], [3, 0], [0, 3], [3, 2.5], [3, -1, 2], [Number.NaN, 2]])
      expect(codeOf(() => new Mlp(sizes))).toBe('SHAPE')
    expect(codeOf(() => new Linear('layer', 2, 0, { random: Random.from(0) }))).toBe('SHAPE')
  })

  it('refuses rows of another width and names both shapes', () => {
    const model = new Mlp([4, 3, 2])
    const error = thrown(() =>
      new Tape().step((tape) => model.forward(tape.input(new Float32Array(6), [2, 3]), 'training')),
    )
    expect(error.code).toBe('SHAPE')
    expect(error.message).toMatch(/\[2, 3\].*\[3, 4\]/)
    expect(codeOf(() => model.forward(tensor(new Float32Array(8), [2, 4]), 'training'))).toBe('TAPE_MISUSE')
  })
})
