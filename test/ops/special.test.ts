import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logSoftmax, Parameter, relu, softmaxCrossEntropy, sum, Tape } from '../../src/autograd.ts'
import { gradientsOf, type Instance } from '../gradcheck.ts'
import { instances } from './case.ts'
import { EVERY } from './cases.ts'

const forward = ({ inputs, run }: Instance): Float32Array => {
  const tape = new Tape()
  return tape.step(() => run(...inputs.map(({ values, shape }) => tape.input(values, shape))).read())
}

// columns: not what it leaves out, see columns.test.ts
const WHOLE = EVERY.filter(([, name]) => name !== 'columns')

describe.each(WHOLE)('%s', (_, __, one) => {
  test('passes a NaN in any input on to its output', () => {
    fc.assert(
      fc.property(instances(one, 7), fc.nat(), (instance, seed) => {
        instance.inputs.forEach(({ values }, index) => {
          const inputs = instance.inputs.with(index, { ...instance.inputs[index]!, values: values.slice() })
          inputs[index]!.values[seed % values.length] = NaN
          expect(forward({ ...instance, inputs }).some(Number.isNaN)).toBe(true)
        })
      }),
    )
  })

  test('passes a NaN in the gradient of its output on to every element that it reaches', () => {
    fc.assert(
      fc.property(instances(one, 7), (instance) => {
        const { length } = forward(instance)
        const reached = gradientsOf(instance, new Float32Array(length).fill(1))
        gradientsOf(instance, new Float32Array(length).fill(NaN)).forEach((gradient, index) => {
          gradient.forEach((value, i) => {
            if (reached[index]![i] !== 0) expect(value).toBeNaN()
          })
        })
      }),
    )
  })
})

describe('relu', () => {
  const slope = (value: number): number => {
    const tape = new Tape()
    const x = new Parameter('x', [1], Float32Array.of(value))
    tape.step(() => tape.backward(sum(relu(tape.watch(x))), [x]))
    return x.gradient[0] as number
  }
  const value = (x: number): number => {
    const tape = new Tape()
    return tape.step(() => relu(tape.input(Float32Array.of(x), [])).item())
  }

  test.each([
    [0, 0, 0],
    [-0, 0, 0],
    [2 ** -149, 2 ** -149, 1],
    [-(2 ** -149), 0, 0],
    [Infinity, Infinity, 1],
    [-Infinity, 0, 0],
    [NaN, NaN, 1],
  ])('of %d is %d, with the slope %d', (x, y, dX) => {
    expect(value(x)).toBe(y)
    expect(slope(x)).toBe(dX)
  })
})

describe('log-sum-exp', () => {
  const rows = (logits: readonly number[], classes: number) => {
    const tape = new Tape()
    const values = Float32Array.from(logits)
    return tape.step(() => [...logSoftmax(tape.input(values, [values.length / classes, classes])).read()])
  }

  test('does not overflow, and does not lose what is small', () => {
    expect(rows([3e38, 0, -3e38], 3)).toEqual([0, Math.fround(-3e38), -Infinity])
    expect(rows([1000, 1000, -1000, -1000], 2)).toEqual(Array(4).fill(Math.fround(Math.log(0.5))))
    expect(rows([5], 1)).toEqual([0])
  })

  test('an infinite logit of the wrong sign is certainty, of the right sign no number', () => {
    expect(rows([-Infinity, 1], 2)).toEqual([-Infinity, 0])
    expect(rows([Infinity, 1], 2)[0]).toBeNaN()
  })

  test('a wrong and certain prediction costs its margin', () => {
    const tape = new Tape()
    const logits = Float32Array.of(1e4, 0, 0, -1e4)
    const loss = (labels: Uint8Array) => tape.step(() => softmaxCrossEntropy(tape.input(logits, [2, 2]), labels).item())
    expect(loss(Uint8Array.of(1, 1))).toBe(1e4)
    expect(loss(Uint8Array.of(0, 0))).toBe(0)
  })
})
