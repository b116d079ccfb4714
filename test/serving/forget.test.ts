import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/serving/engine.ts'
import { logitsOf } from '../../src/serving/logits.ts'
import type { Published } from '../../src/serving/slots.ts'
import { refusal } from '../refusal.ts'
import { worst } from '../toy.ts'
import { digest, engine, INPUTS, METHODS, network, type Rows, row, rows, stored } from './engines.ts'

const batches = Array.from({ length: 6 }, (_, seed) => rows(['a', 'b', 'c'], 60, seed))
const probe = rows(['a', 'b', 'c'], 100, 77)

const only = (batch: Rows, keep: (label: string, at: number) => boolean): Rows => {
  const kept = batch.labels.flatMap((label, at) => (keep(label, at) ? [at] : []))
  const x = new Float32Array(kept.length * INPUTS)
  kept.forEach((at, index) => {
    x.set(row(batch, at), index * INPUTS)
  })
  return { x, labels: kept.map((at) => batch.labels[at] as string) }
}

function learnt(e: Engine, parts: readonly Rows[]): Engine {
  for (const { x, labels } of parts) if (labels.length > 0) e.learn(x, labels)
  return e
}

const model = (e: Engine, name: string) => stored(e).tensors[`model/${name}`]?.data as Float64Array

/** scores, before the temperature, which is fitted on what was predicted, also of rows that are gone */
function scores(e: Engine): Float32Array {
  const { layers } = e.publish() as Published
  return logitsOf(layers, probe.x, probe.labels.length).map((z) => z * e.report().temperature)
}

const KINDS = [
  ['ridge', { kind: 'analytic' }],
  ['means', { kind: 'analytic', head: 'means' }],
  ['features', { kind: 'analytic', features: 30, seed: 5 }],
] as const

describe.each(KINDS)('removeClass (%s)', (_, kind) => {
  // the class that is removed comes last in the order of the others, so that they have the same numbers without it
  const e = learnt(engine({ model: kind }), batches)
  e.removeClass('c')
  const never = learnt(
    engine({ model: kind }),
    batches.map((batch) => only(batch, (label) => label !== 'c')),
  )

  it('leaves the sums of a classifier that never saw the class, bit for bit', () => {
    for (const name of ['gram', 'sums', 'counts', 'classes']) expect(model(e, name)).toEqual(model(never, name))
    expect(e.publish()?.labels).toEqual(['a', 'b'])
  })

  it('and its answers', () => {
    expect(worst(scores(e), scores(never), () => 1e-6)).toBeLessThan(1)
  })

  it('leaves nothing of it in what was counted a class, nor of its rows in drift', () => {
    const { classes, drift } = e.report()
    expect(Object.keys(classes)).toEqual(['a', 'b'])
    expect(drift).toMatchObject({ distance: 0, expected: 0 })
    for (const name of ['sum', 'squares', 'recent', 'rows'])
      expect(stored(e).tensors[`drift/${name}`]?.data.every((value) => value === 0)).toBe(true)
  })

  it('a class of the same name begins anew', () => {
    const again = only(batches[0] as Rows, (label) => label === 'c')
    for (const held of [e, never]) held.learn(again.x, again.labels)
    expect(model(e, 'gram')).toEqual(model(never, 'gram'))
    expect(e.report().classes.c?.samples).toBe(0)
  })

  it('without any class there is nothing to answer, and the sums are none', () => {
    const last = learnt(engine({ model: kind }), batches.slice(0, 1))
    for (const label of ['b', 'a', 'c']) last.removeClass(label)
    expect(last.publish()).toBeNull()
    expect(model(last, 'gram')).toHaveLength(0)
    expect(Object.keys(last.report().classes)).toEqual([])
    learnt(last, batches)
    expect(worst(scores(last), scores(learnt(engine({ model: kind }), batches)), () => 1e-6)).toBeLessThan(1)
  })
})

describe.each([true, false])('forget (removable %s)', (removable) => {
  const kind = { kind: 'analytic', removable } as const
  // every third row of class a, and all of class b
  const gone = (label: string, at: number) => label === 'b' || at % 9 === 3
  const e = learnt(engine({ model: kind }), batches)
  for (const batch of batches) {
    const { x, labels } = only(batch, gone)
    e.forget(x, labels)
  }
  const never = learnt(
    engine({ model: kind }),
    batches.map((batch) => only(batch, (label, at) => !gone(label, at))),
  )
  it('leaves the sums of a classifier that never saw the rows, to 1e-6', () => {
    expect(model(e, 'counts')).toEqual(model(never, 'counts'))
    for (const name of ['gram', 'sums']) {
      const [a, b] = [model(e, name), model(never, name)]
      const most = Math.max(...b.map(Math.abs))
      expect(worst(a, b, () => 1e-6 * most)).toBeLessThan(1)
    }
    expect(e.publish()?.labels).toEqual(['a', 'c'])
  })

  it('and its answers, to 1e-4 of the largest', () => {
    const [a, b] = [scores(e), scores(never)]
    const most = Math.max(...b.map(Math.abs))
    expect(worst(a, b, () => 1e-4 * most)).toBeLessThan(1)
  })

  it('leaves of drift the sums of the other rows, and no recent mean', () => {
    const [a, b] = [e, never].map((held) => stored(held).tensors)
    for (const name of ['sum', 'squares']) {
      const [x, y] = [a, b].map((tensors) => tensors?.[`drift/${name}`]?.data as Float64Array)
      expect(worst(x as Float64Array, y as Float64Array, () => 1e-9)).toBeLessThan(1)
    }
    expect(a?.['drift/recent']?.data.every((value) => value === 0)).toBe(true)
    expect(a?.['drift/rows']?.data[0]).toBe(b?.['drift/rows']?.data[0])
  })

  it('refuses more rows of a class than were learnt, and changes nothing', () => {
    const before = digest(e)
    const many = rows(['a'], 121, 3)
    refusal('INVALID_ARGUMENT', () => e.forget(many.x, many.labels))
    refusal('INVALID_ARGUMENT', () => e.forget(row(many, 0), ['b']))
    refusal('NON_FINITE', () => e.forget(new Float32Array(INPUTS).fill(NaN), ['a']))
    expect(digest(e)).toBe(before)
  })

  it('of all rows leaves nothing', () => {
    const all = learnt(engine({ model: kind }), batches.slice(0, 2))
    for (const { x, labels } of batches.slice(0, 2)) all.forget(x, labels)
    expect(all.publish()).toBeNull()
    for (const name of ['gram', 'sums']) expect(model(all, name).every((value) => value === 0)).toBe(true)
  })
})

describe('refusals', () => {
  it.each(METHODS)('a network (%s) takes nothing back, and is as it was', (method) => {
    const e = learnt(network(method), batches.slice(0, 1))
    const before = digest(e)
    refusal('UNSUPPORTED', () => e.forget(row(batches[0] as Rows, 0), ['a']))
    refusal('UNSUPPORTED', () => e.removeClass('a'))
    expect(digest(e)).toBe(before)
  })

  it('nor does one whose classes are not removable remove one', () => {
    const e = learnt(engine({ model: { kind: 'analytic', removable: false } }), batches.slice(0, 1))
    const before = digest(e)
    refusal('UNSUPPORTED', () => e.removeClass('a'))
    expect(digest(e)).toBe(before)
  })
})
