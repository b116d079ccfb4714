import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withUnitFloor } from '../../src/continual/floor.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { UNIT_ROUNDOFF, worst } from '../toy.ts'

const sizes = fc.integer({ min: 1, max: 12 })

describe('withUnitFloor', () => {
  it('adds a share of the mean over the units of the layer, weights by input, biases over all', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), fc.double({ min: 0, max: 10, noNaN: true }), (O, I, seed, share) => {
        const random = Random.from(seed)
        const draw = (length: number) => Float32Array.from({ length }, () => Math.max(0, 2 * random.uniform() - 1))
        const weight = new Parameter('weight', [O, I], draw(O * I))
        const bias = new Parameter('bias', [O], draw(O))
        const fisher = new Map<Parameter, Float32Array>([
          [weight, draw(O * I)],
          [bias, draw(O)],
        ])
        const [fw, fb] = [...fisher.values()] as [Float32Array, Float32Array]
        const [expectedW, expectedB] = [Float64Array.from(fw), Float64Array.from(fb)]
        for (let i = 0; i < I; i++) {
          let mean = 0
          for (let o = 0; o < O; o++) mean += fw[o * I + i]! / O
          for (let o = 0; o < O; o++) expectedW[o * I + i]! += share * mean
        }
        let mean = 0
        for (let o = 0; o < O; o++) mean += fb[o]! / O
        for (let o = 0; o < O; o++) expectedB[o]! += share * mean
        const held = [...fisher.values()].map((values) => values.slice())
        const floored = withUnitFloor(fisher, share)
        expect([...floored.keys()]).toEqual([weight, bias])
        // one rounding to float32, whose smallest number is 2^-149
        const allowed = (value: number) => 1.01 * UNIT_ROUNDOFF * value + 2 ** -149
        expect(worst(floored.get(weight) ?? [], expectedW, allowed)).toBeLessThan(1)
        expect(worst(floored.get(bias) ?? [], expectedB, allowed)).toBeLessThan(1)
        expect([...fisher.values()]).toEqual(held)
      }),
    )
  })

  it('protects a unit that never fired, and with share 0 changes nothing', () => {
    const weight = new Parameter('weight', [2, 2], new Float32Array(4))
    const fisher = new Map<Parameter, Float32Array>([[weight, Float32Array.of(4, 8, 0, 0)]])
    expect(withUnitFloor(fisher, 0.5).get(weight)).toEqual(Float32Array.of(5, 10, 1, 2))
    expect(withUnitFloor(fisher, 0).get(weight)).toEqual(fisher.get(weight))
  })

  it('for silent units alone leaves the others, and outputs, as they are', () => {
    const hidden = new Parameter('hidden', [3, 2], new Float32Array(6))
    const hiddenBias = new Parameter('hiddenBias', [3], new Float32Array(3))
    const outputs = new Parameter('outputs', [2, 3], new Float32Array(6))
    const outputsBias = new Parameter('outputsBias', [2], new Float32Array(2))
    const fisher = new Map<Parameter, Float32Array>([
      [hidden, Float32Array.of(4, 8, 0, 0.03, 0, 0.07)],
      [hiddenBias, Float32Array.of(3, 0, 0)],
      [outputs, Float32Array.of(1, 0, 1, 0, 0, 0)],
      [outputsBias, Float32Array.of(2, 0)],
    ])
    const floored = withUnitFloor(fisher, 1, { units: 'silent' })
    // the rows sum to 12, 0.03 and 0.07, their mean is 4.0333: the second alone is below a hundredth of it
    const at = (parameter: Parameter) => [...(floored.get(parameter) as Float32Array)]
    const close = (found: number[], expected: number[]) =>
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] as number, 6)
      })
    close(at(hidden), [4, 8, 4 / 3, 0.03 + 8.1 / 3, 0, 0.07])
    close(at(hiddenBias), [3, 1, 0])
    expect(at(outputs)).toEqual([1, 0, 1, 0, 0, 0])
    expect(at(outputsBias)).toEqual([2, 0])
  })
})
