import { describe, expect, it } from 'vitest'
import type { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { codeOf, thrown, watched } from '../toy.ts'
import { byTape, rowsOf, used } from './answers.ts'

describe('a learner', () => {
  const sizes = [8, 6, 3]
  const learning = (model: Classifier) => new Learner(model, { optimizer: new Adam() })

  it('asks a model that can answer, and no tape', () => {
    const model = used(sizes)
    const seen: number[] = []
    const own = { ...watched(model, () => seen.push(1)), predict: (x: Float32Array) => model.predict(x) }
    expect(learning(own).predict(rowsOf(model, 3))).toEqual(byTape(model, rowsOf(model, 3)))
    expect(seen).toEqual([])
  })

  it('answers by the forward pass of a model that cannot', () => {
    const model = used(sizes, true)
    const seen: string[] = []
    const own = watched(model, (_, mode) => seen.push(mode))
    expect(learning(own).predict(rowsOf(model, 3))).toEqual(byTape(model, rowsOf(model, 3)))
    expect(seen).toEqual(['evaluation'])
    expect(codeOf(() => learning(own).predict(new Float32Array(8).fill(Number.NaN)))).toBe('NON_FINITE')
  })
})

describe.each(['live', 'frozen'] as const)('%s refuses', (kind) => {
  const asked = (change: (model: Mlp) => void = () => {}) => {
    const model = used([8, 6, 3])
    change(model)
    return kind === 'live' ? model : model.freeze()
  }
  const spoilt = (at: number, value: number) => (model: Mlp) => model.parameters()[at]?.data.fill(value)
  const x = rowsOf(used([8, 6, 3]), 2)

  it.each<[string, unknown, string]>([
    ['what is no Float32Array', [...x], 'DTYPE'],
    ['a Float64Array', Float64Array.from(x), 'DTYPE'],
    ['no row', new Float32Array(0), 'EMPTY_SET'],
    ['part of a row', x.subarray(1), 'LENGTH'],
    ['less than a row', x.subarray(0, 7), 'LENGTH'],
    ['NaN', x.with(15, Number.NaN), 'NON_FINITE'],
    ['infinity', x.with(0, -Infinity), 'NON_FINITE'],
  ])('%s', (_, wrong, code) => {
    expect(codeOf(() => asked().predict(wrong as Float32Array))).toBe(code)
  })

  it.each([
    ['NaN in a weight', spoilt(0, Number.NaN)],
    ['infinity in the last bias', spoilt(3, Infinity)],
    ['-infinity in the last bias', spoilt(3, -Infinity)],
  ])('%s, for one row and for many', (_, change) => {
    const answering = asked(change)
    for (const rows of [x.subarray(0, 8), x, rowsOf(used([8, 6, 3]), 300)]) {
      const { code, message } = thrown(() => answering.predict(rows))
      expect(code).toBe('NON_FINITE')
      expect(message).toContain('diverged')
    }
  })

  it('nothing because numbers are large', () => {
    const answering = asked(spoilt(0, 0))
    expect([...answering.predict(new Float32Array(16).fill(3e38)).labels]).toEqual([
      ...answering.predict(new Float32Array(16)).labels,
    ])
  })

  it('and answers the next question as before', () => {
    const answering = asked()
    const before = answering.predict(x)
    expect(codeOf(() => answering.predict(x.with(3, Number.NaN)))).toBe('NON_FINITE')
    expect(answering.predict(x)).toEqual(before)
  })
})

it('a model whose memory was transferred is refused, its frozen copy still answers', () => {
  const model = used([8, 6, 3])
  const x = rowsOf(model, 1)
  const frozen = model.freeze()
  const before = frozen.predict(x)
  const weight = model.parameters()[2]?.data.buffer as ArrayBuffer
  structuredClone(weight, { transfer: [weight] })
  expect(codeOf(() => model.predict(x))).toBe('DETACHED_BUFFER')
  expect(frozen.predict(x)).toEqual(before)
})
