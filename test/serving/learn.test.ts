import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import type { Engine } from '../../src/serving/engine.ts'
import { refusal } from '../refusal.ts'
import { digest, engine, INPUTS, METHODS, network, reloaded, rows } from './engines.ts'

const ab = rows(['a', 'b'], 40)
const more = rows(['a', 'b', 'c'], 30, 2)

const learnt = (e: Engine): Engine => {
  e.learn(ab.x, ab.labels, 'first')
  return e
}

const altered = (at: number, value: number): Float32Array => {
  const x = more.x.slice()
  x[at] = value
  return x
}
const x = more.x
const labelled = (label: unknown): string[] => [...more.labels.slice(1), label as string]

/** every way in which a call can be wrong */
const WRONG: readonly (readonly [string, ErrorCode, (e: Engine) => unknown])[] = [
  ['x of another type', 'DTYPE', (e) => e.learn(Float64Array.from(x) as never, more.labels)],
  ['no row', 'EMPTY_SET', (e) => e.learn(new Float32Array(0), [])],
  ['a part of a row', 'LENGTH', (e) => e.learn(x.subarray(1), more.labels)],
  ['too few labels', 'LENGTH', (e) => e.learn(x, more.labels.slice(1))],
  ['too many labels', 'LENGTH', (e) => e.learn(x, [...more.labels, 'a'])],
  ['NaN in the last row', 'NON_FINITE', (e) => e.learn(altered(x.length - 1, NaN), more.labels)],
  ['infinity', 'NON_FINITE', (e) => e.learn(altered(7, -Infinity), more.labels)],
  ['a number beyond 1e12', 'NON_FINITE', (e) => e.learn(altered(7, 1.1e12), more.labels)],
  ['labels that are no array', 'INVALID_ARGUMENT', (e) => e.learn(x, 'a'.repeat(30) as never)],
  ['a label that is a number', 'INVALID_ARGUMENT', (e) => e.learn(x, labelled(3))],
  ['a label that is missing', 'INVALID_ARGUMENT', (e) => e.learn(x, labelled(undefined))],
  ['an empty label', 'INVALID_ARGUMENT', (e) => e.learn(x, labelled(''))],
  ['a label of 257 characters', 'INVALID_ARGUMENT', (e) => e.learn(x, labelled('x'.repeat(257)))],
  ['half of a surrogate pair', 'INVALID_ARGUMENT', (e) => e.learn(x, labelled('\ud83d'))],
  ['an empty id', 'INVALID_ARGUMENT', (e) => e.learn(x, more.labels, '')],
  ['an id of 257 characters', 'INVALID_ARGUMENT', (e) => e.learn(x, more.labels, 'x'.repeat(257))],
  ['an id with half a pair', 'INVALID_ARGUMENT', (e) => e.learn(x, more.labels, '\udc00')],
  ['consolidation of an unknown class', 'INVALID_ARGUMENT', (e) => e.consolidate(x, more.labels)],
  ['consolidation with labels alone', 'INVALID_ARGUMENT', (e) => e.consolidate(null, ['a'])],
  ['a probe of an unknown class', 'INVALID_ARGUMENT', (e) => e.report(more)],
  ['removal of an unknown class', 'INVALID_ARGUMENT', (e) => e.removeClass('c')],
]

describe.each([
  ['analytic', () => engine()],
  ['a network', () => network()],
] as const)('%s: a batch wholly or not at all', (_, make) => {
  const held = learnt(make())
  const before = digest(held)

  it.each(WRONG)('refuses %s, and not a bit has changed', (_what, code, run) => {
    refusal(code, () => run(held))
    expect(digest(held)).toBe(before)
  })

  it('learns the same batch once it is right', () => {
    expect(held.learn(more.x, more.labels)).toEqual({ sequence: 2, learnt: true })
    const straight = learnt(make())
    straight.learn(more.x, more.labels)
    expect(digest(held)).toBe(digest(straight))
  })

  it('needs something learnt to consolidate', () => {
    refusal('EMPTY_SET', () => make().consolidate(null, []))
  })

  it('takes batches of more rows than a call has arguments', () => {
    const count = 130_000
    const e = make()
    const many = { x: new Float32Array(count * INPUTS).fill(0.5), labels: new Array<string>(count).fill('a') }
    for (let at = 0; at < many.x.length; at += 7) many.x[at] = 1
    expect(e.learn(many.x, many.labels).learnt).toBe(true)
  })
})

describe('ids', () => {
  it('a batch whose id was learnt is not learnt again, also after saving and loading', () => {
    const e = learnt(engine())
    for (const held of [e, reloaded(e)]) {
      const before = digest(held)
      expect(held.learn(more.x, more.labels, 'first')).toEqual({ sequence: 1, learnt: false })
      expect(digest(held)).toBe(before)
      expect(held.learn(more.x, more.labels, 'second')).toEqual({ sequence: 2, learnt: true })
    }
  })

  it('a batch that was refused may come again by its id', () => {
    const e = engine()
    refusal('NON_FINITE', () => e.learn(altered(0, NaN), more.labels, 'late'))
    expect(e.learn(more.x, more.labels, 'late').learnt).toBe(true)
  })

  it.each([
    [3, ['3', '4', '5']],
    [0, []],
  ])('remembers the latest %i', (rememberedIds, expected) => {
    const e = engine({ rememberedIds })
    for (const id of '12345') e.learn(ab.x, ab.labels, id)
    for (const held of [e, reloaded(e)]) {
      const known = [...'12345'].reverse().filter((id) => !reloaded(held).learn(ab.x, ab.labels, id).learnt)
      expect(known.reverse()).toEqual(expected)
    }
  })
})

describe('labels', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ' ', '0', '-0', 'é', '😀', 'x'.repeat(256)]

  it('are texts of any kind, each a class of its own', () => {
    const e = engine()
    const { x, labels } = rows(odd, 400)
    e.learn(x, labels)
    for (const held of [e, reloaded(e)]) {
      expect(held.publish()?.labels).toEqual(odd)
      const { classes } = held.report()
      expect(Object.keys(classes).sort()).toEqual([...odd].sort())
      expect(Object.hasOwn(classes, '__proto__')).toBe(true)
      expect(Object.getPrototypeOf(classes)).toBe(Object.prototype)
      // what is not there is no class, whatever objects inherit
      refusal('INVALID_ARGUMENT', () => held.removeClass('valueOf'))
    }
  })

  it('65536 classes, and no more', () => {
    const e = engine({ inputs: 1, model: { kind: 'analytic', removable: false } })
    const labels = Array.from({ length: 65_537 }, (_, n) => `class ${n}`)
    const x = Float32Array.from(labels, (_, n) => (n % 17) - 8)
    refusal('INVALID_ARGUMENT', () => e.learn(x, labels))
    expect(e.sequence).toBe(0)
    expect(e.learn(x.subarray(1), labels.slice(1)).learnt).toBe(true)
  })

  it.each(METHODS)('256 classes of a network (%s), and no more', (method) => {
    const e = network(method)
    const labels = Array.from({ length: 256 }, (_, n) => `class ${n}`)
    const all = rows(labels, 256)
    e.learn(all.x, all.labels)
    const before = digest(e)
    refusal('INVALID_ARGUMENT', () => e.learn(all.x.subarray(0, 2 * INPUTS), ['class 0', 'one more']))
    expect(digest(e)).toBe(before)
    expect(e.publish()?.labels).toEqual(labels)
  })
})
