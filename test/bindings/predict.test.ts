import { describe, expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { stream, uniform } from '../numbers.ts'
import { accepted, call, refused } from './refused.ts'

const answers = (args: Map<string, unknown>) => {
  call('predict', args)
  return [args.get('labels'), args.get('probabilities')]
}

test('the answers do not depend on the workspace, from 2 numbers for each of the widest layer’s outputs on', () => {
  const expected = answers(accepted('predict'))
  for (const length of [16, 17, 31, 32, 63, 64, 1000])
    expect(answers(accepted('predict').set('workspace', new Float32Array(length).fill(Number.NaN)))).toEqual(expected)
  for (const length of [1, 15])
    refused('predict', accepted('predict').set('workspace', new Float32Array(length)), 'LENGTH', 'workspace')
})

test('the rows are as wide as the weights', () => {
  refused('predict', accepted('predict').set('weight', new Float32Array(79)), 'LENGTH', 'weight has 79')
  refused('predict', accepted('predict').set('lastWeight', new Float32Array(25)), 'LENGTH', 'lastWeight has 25')
  refused('predict', accepted('predict').set('normalized', false), 'LENGTH', 'bias has 8')
})

test('x that is not finite is refused before anything is written, logits that are not at last', () => {
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    const { x } = Object.fromEntries(accepted('predict')) as { x: Float32Array }
    refused('predict', accepted('predict').set('x', x.with(39, value)), 'NON_FINITE', 'x holds')
  }
  const bias = Float32Array.of(0, Infinity, 0)
  expect(() => call('predict', accepted('predict').set('lastBias', bias))).toThrow('logits are not finite')
})

describe('packWeight', () => {
  const packed = (outputs: number, inputs: number) => {
    const weight = uniform(stream(1), outputs * inputs)
    const out = new Float32Array(weight.length)
    native.packWeight(outputs, inputs, weight, out)
    return { weight, out }
  }

  test.each([
    [3, 5],
    [17, 40],
    [50, 200],
    [100, 30],
  ])('%i x %i: the steps of 48 chains lie side by side', (outputs, inputs) => {
    const { weight, out } = packed(outputs, inputs)
    const expected: number[] = []
    for (let panel = 0; panel < outputs; panel += 48)
      for (let input = 0; input < inputs; input++)
        for (let output = panel; output < Math.min(panel + 48, outputs); output++)
          expected.push(weight[output * inputs + input] as number)
    expect([...out]).toEqual(expected)
  })

  test.each([
    [4, 1000],
    [60, 2000],
  ])('%i x %i: rows whose lanes add up stay', (outputs, inputs) => {
    const { weight, out } = packed(outputs, inputs)
    expect(out).toEqual(weight)
  })
})
