import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LabelledSet, labelledSet, sharedBytes, subset, union } from '../../src/data/set.ts'
import { failure } from './fixtures.ts'

const sets = fc
  .record({ count: fc.integer({ min: 1, max: 20 }), features: fc.integer({ min: 1, max: 5 }), seed: fc.nat() })
  .map(({ count, features, seed }) => make(count, features, seed))

function make(count: number, features: number, seed = 0, classes = 4): LabelledSet {
  const inputs = Uint8Array.from({ length: count * features }, (_, at) => (at * 31 + seed) % 256)
  const labels = Uint8Array.from({ length: count }, (_, at) => (at + seed) % classes)
  return labelledSet({ name: `set ${seed}`, inputs, labels, features, classes })
}

describe('labelledSet', () => {
  const fields = { name: 'mine', inputs: new Uint8Array(6), labels: Uint8Array.of(0, 1), features: 3, classes: 2 }

  it('keeps the arrays and counts the labels', () => {
    const set = labelledSet(fields)
    expect(set).toEqual({ ...fields, count: 2 })
    expect(set.inputs).toBe(fields.inputs)
    expect(Object.isFrozen(set)).toBe(true)
  })

  it('says what is wrong', async () => {
    const message = async (changes: object): Promise<string> =>
      (await failure(() => labelledSet({ ...fields, ...changes }), 'INVALID_ARGUMENT')).message
    expect(await message({ inputs: new Uint8Array(7) })).toBe(
      'mine: inputs hold 7 bytes, expected 2 x 3 (count x features) = 6',
    )
    expect(await message({ count: 3 })).toContain('count is 3, but there are 2 labels')
    expect(await message({ inputs: new Float64Array(6) })).toContain('inputs must be a Uint8Array or a Float32Array')
    expect(await message({ labels: [0, 1] })).toContain('labels must be a Uint8Array')
    expect(await message({ name: '' })).toContain('name')
    for (const features of [0, 1.5, Number.NaN, '3']) expect(await message({ features })).toContain('features')
    for (const classes of [0, 257, 2.5, Infinity]) expect(await message({ classes })).toContain('classes')
    await failure(() => labelledSet({ ...fields, inputs: new Float32Array(6).fill(Number.NaN) }), 'NON_FINITE')
    await failure(() => union(labelledSet(fields), labelledSet({ ...fields, inputs: new Float32Array(6) })), 'DTYPE')
  })

  it('names the first label out of range, and refuses an empty set', async () => {
    const error = await failure(() => labelledSet({ ...fields, classes: 1 }), 'LABEL_OUT_OF_RANGE')
    expect(error.message).toBe('mine: label 1 of sample 1 is not below the number of classes, 1')
    await failure(() => labelledSet({ ...fields, inputs: new Uint8Array(0), labels: new Uint8Array(0) }), 'EMPTY_SET')
  })
})

describe('subset', () => {
  it('is a view, and two of them make the whole again', () => {
    fc.assert(
      fc.property(sets, fc.nat(), (set, random) => {
        fc.pre(set.count > 1)
        const at = 1 + (random % (set.count - 1))
        const [head, tail] = [subset(set, { to: at }), subset(set, { from: at })]
        expect([head.count, tail.count]).toEqual([at, set.count - at])
        expect(head.inputs.buffer).toBe(set.inputs.buffer)
        expect(tail.labels.buffer).toBe(set.labels.buffer)
        const whole = union(head, tail)
        expect(whole.inputs).toEqual(set.inputs)
        expect(whole.labels).toEqual(set.labels)
        expect(whole.inputs.buffer).not.toBe(set.inputs.buffer)
      }),
    )
  })

  it('stays inside the set', async () => {
    const set = make(5, 2)
    expect(subset(set, {})).toMatchObject({ name: 'set 0[0..5]', count: 5, features: 2, classes: 4 })
    for (const range of [{ from: -1 }, { to: 6 }, { from: 3, to: 2 }, { from: 0.5 }, { to: Number.NaN }]) {
      await failure(() => subset(set, range), 'INVALID_ARGUMENT')
    }
    await failure(() => subset(set, { from: 2, to: 2 }), 'EMPTY_SET')
  })
})

describe('union', () => {
  it('appends the sets in order and takes the larger number of classes', () => {
    const all = union(make(2, 3, 1), make(3, 3, 2, 7), make(1, 3, 3))
    expect(all).toMatchObject({ name: 'set 1 + set 2 + set 3', count: 6, features: 3, classes: 7 })
    expect([...all.labels]).toEqual([1, 2, 2, 3, 4, 3])
    expect([...all.inputs.subarray(6, 8)]).toEqual([2, 33])
  })

  it('refuses sets of different features', async () => {
    const error = await failure(() => union(make(2, 3), make(2, 4, 1)), 'INVALID_ARGUMENT')
    expect(error.message).toContain('set 0 3, set 1 4')
  })
})

describe('sharedBytes', () => {
  it('is the same memory in a worker', async () => {
    const inputs = sharedBytes(2)
    const set = labelledSet({ name: 'mine', inputs, labels: Uint8Array.of(0), features: 2, classes: 1 })
    const code = `require('node:worker_threads').workerData.inputs[1] = 7`
    await new Promise((done) => new Worker(code, { eval: true, workerData: set }).once('exit', done))
    expect([...set.inputs]).toEqual([0, 7])
  })
})
