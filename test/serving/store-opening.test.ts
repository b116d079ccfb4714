import { describe, expect, it } from 'vitest'
import { Analytic } from '../../src/continual/analytic.ts'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../src/persistence/safetensors.ts'
import { engineOf, storedOf } from '../../src/serving/engine-state.ts'
import { refusal } from '../refusal.ts'
import { engine, rows } from './engines.ts'

const bytesOf = (stored: Stored) => new Uint8Array(Buffer.concat(encodeSafetensors(stored)))
const MODELS = [{ features: 0 }, { features: 20 }, { head: 'means' as const }].map(
  (more) => ({ kind: 'analytic', ...more }) as const,
)

function learnt(model: (typeof MODELS)[number]) {
  const e = engine({ model })
  for (const seed of [1, 2]) {
    const { x, labels } = rows(['a', 'b', 'c'], 40, seed)
    e.learn(x, labels)
  }
  return e
}

describe('opening', () => {
  it.each(MODELS)('solves nothing, and answers by the same bits: %o', (model) => {
    const e = learnt(model)
    const stored = decodeSafetensors(bytesOf(storedOf(e)))
    const layers = Analytic.prototype.layers
    Analytic.prototype.layers = () => {
      throw new Error('solved')
    }
    try {
      expect(engineOf(stored).publish()).toEqual(e.publish())
    } finally {
      Analytic.prototype.layers = layers
    }
  })

  it('of a file without what answers solves for the same', () => {
    const e = learnt(MODELS[1] as (typeof MODELS)[number])
    const { tensors, metadata } = storedOf(e)
    const left = Object.entries(tensors).filter(([name]) => !name.startsWith('published/'))
    const stored = { tensors: Object.fromEntries(left), metadata }
    expect(left.length).toBeLessThan(Object.keys(tensors).length)
    expect(engineOf(stored).publish()).toEqual(e.publish())
  })

  it('goes on with what was answered last, though more was learnt since', () => {
    const e = learnt(MODELS[0] as (typeof MODELS)[number])
    const published = e.publish()
    // as a worker does when the next call waits already
    const { x, labels } = rows(['a', 'd'], 10, 3)
    Object.getPrototypeOf(Object.getPrototypeOf(e)).learn.call(e, x, labels)
    const again = engineOf(storedOf(e))
    expect(again.answering?.published).toEqual(published)
    expect(again.publish()).toEqual(e.publish())
    expect(again.publish()?.labels).toContain('d')
  })

  it.each([
    ['a column that is no class', 'published/columns', (data: number[]) => data.fill(9)],
    ['a column twice', 'published/columns', (data: number[]) => data.fill(0)],
    ['a later change', 'published/head', (data: number[]) => data.fill(99, 2, 3)],
    ['no temperature', 'published/head', (data: number[]) => data.fill(0, 0, 1)],
    ['a threshold above 1', 'published/head', (data: number[]) => data.fill(2, 1, 2)],
    ['another number of layers', 'published/head', (data: number[]) => data.fill(3, 3, 4)],
    ['a weight that is infinite', 'published/weight', (data: number[]) => data.fill(Infinity, 0, 1)],
    ['too few biases', 'published/bias', (data: number[]) => data.slice(1)],
  ])('refuses what answers with %s', (_, name, change) => {
    const { tensors, metadata } = storedOf(learnt(MODELS[0] as (typeof MODELS)[number]))
    const { data } = tensors[name] as Stored['tensors'][string]
    const changed = change([...data])
    const Type = data.constructor as Float32ArrayConstructor
    const stored = { tensors: { ...tensors, [name]: { shape: [changed.length], data: new Type(changed) } }, metadata }
    refusal('STATE_MALFORMED', () => engineOf(stored))
  })
})
