import { describe, expect, it } from 'vitest'
import { PalimpsestError } from '../../bindings/errors.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Stored, StoredTensor } from '../../src/persistence/safetensors.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/persistence/safetensors.ts'
import type { Engine } from '../../src/serving/engine.ts'
import { engineOf, storedOf } from '../../src/serving/engine-state.ts'
import { Learner } from '../../src/training/learner.ts'
import { refusal } from '../refusal.ts'
import { blobs } from '../toy.ts'
import { digest, engine, METHODS, network, reloaded, rows, stored } from './engines.ts'

const KINDS: readonly (readonly [string, () => Engine])[] = [
  ['analytic', () => engine({ encoder: 'bert@3' })],
  ['analytic, shared', () => engine({ model: { kind: 'analytic', removable: false, head: 'means' } })],
  ['analytic, features', () => engine({ model: { kind: 'analytic', features: 10, seed: 4 } })],
  ...METHODS.map((method) => [`network, ${method}`, () => network(method)] as const),
]

function lived(make: () => Engine): Engine {
  const e = make()
  for (let seed = 0; seed < 4; seed++) {
    const { x, labels } = rows(['a', 'b', `c${seed}`], 30, seed)
    e.learn(x, labels, `batch ${seed}`)
    if (seed % 2 === 0) e.consolidate(x, labels)
  }
  return e
}

/** through the bytes of a file, with a checksum that is right */
const read = (altered: Stored): Engine =>
  engineOf(decodeSafetensors(new Uint8Array(Buffer.concat(encodeSafetensors(altered)))))

/** what a state with one thing altered leads to: an engine that works, or a refusal with a code of states */
function tried(altered: Stored): string {
  let loaded: Engine
  try {
    loaded = read(altered)
  } catch (error) {
    expect(error).toBeInstanceOf(PalimpsestError)
    expect((error as PalimpsestError).message.length).toBeLessThan(2000)
    return (error as PalimpsestError).code
  }
  // it goes on, and what it then is can be saved and loaded
  const { x, labels } = rows(['a', 'b'], 6, 50)
  try {
    loaded.publish()
    loaded.report({ x, labels })
    loaded.learn(x, labels, 'more')
    loaded.consolidate(x, labels)
  } catch (error) {
    expect(error).toBeInstanceOf(PalimpsestError)
  }
  expect(digest(reloaded(loaded))).toBe(digest(loaded))
  return 'harmless'
}

describe.each(KINDS)('the state of %s', (_, make) => {
  const e = lived(make)
  const held = stored(e)
  const metadata = (more: Record<string, string>): Stored => ({ ...held, metadata: { ...held.metadata, ...more } })
  const tensor = (name: string, more: StoredTensor): Stored => ({ ...held, tensors: { ...held.tensors, [name]: more } })
  const without = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([other]) => other !== name))

  it('comes back bit for bit, and goes on so', () => {
    const [a, b] = [reloaded(e), reloaded(e)]
    expect(digest(a)).toBe(digest(e))
    expect(a.publish()).toEqual(e.publish())
    for (const one of [a, b]) {
      const { x, labels } = rows(['a', 'new'], 25, 60)
      one.learn(x, labels, 'next')
      one.consolidate(x, labels)
      one.learn(x, labels)
    }
    expect(digest(a)).toBe(digest(b))
    expect(digest(reloaded(a))).toBe(digest(a))
  })

  it('does not share memory with the engine', () => {
    const copy = storedOf(e)
    const before = digest(e)
    for (const { data } of Object.values(copy.tensors)) data.fill(1)
    expect(digest(e)).toBe(before)
  })

  it('without one of its metadata is malformed, or of something else', () => {
    for (const name of Object.keys(held.metadata)) {
      const code = tried({ ...held, metadata: without(held.metadata, name) })
      expect([name, code]).toEqual([
        name,
        { kind: 'STATE_MISMATCH', version: 'STATE_VERSION' }[name] ?? 'STATE_MALFORMED',
      ])
    }
  })

  it('with one of its metadata altered is malformed, or goes on', () => {
    const wrong = [
      '',
      'null',
      '{',
      '[]',
      '{}',
      '-1',
      '1.5',
      '1e400',
      'true',
      '"x"',
      '[[0,"a"],[0,"b"]]',
      '[[0,"a"],[1,"a"]]',
      '[[9007199254740993,"a"]]',
      '[[-1,"a"]]',
      '[["0","a"]]',
      '[["a"]]',
      '[[70000,"a"]]',
      '["\\ud800"]',
      '{"outputs":1e99}',
      '9'.repeat(400),
    ]
    for (const name of ['settings', 'sequence', 'labels', 'ids', 'numbers'])
      for (const value of wrong)
        expect(['STATE_MALFORMED', 'harmless'], `${name}: ${value}`).toContain(tried(metadata({ [name]: value })))
    for (const value of wrong.slice(0, 3)) expect(tried(metadata({ settings: value })), value).toBe('STATE_MALFORMED')
  })

  it('with one of its settings altered is malformed, or goes on', () => {
    const settings = JSON.parse(held.metadata.settings as string)
    const values = [null, -1, 0, 0.5, 3, 1e9, 'x', [], {}, [16384, 16384, 16384, 16384], true]
    const codes = ['STATE_MALFORMED', 'PRIVACY', 'harmless']
    for (const name of Object.keys(settings))
      for (const value of values)
        expect(codes, `${name} ${value}`).toContain(
          tried(metadata({ settings: JSON.stringify({ ...settings, [name]: value }) })),
        )
    for (const name of Object.keys(settings.model))
      for (const value of values) {
        const altered = { ...settings, model: { ...settings.model, [name]: value } }
        expect(codes, `model.${name} ${value}`).toContain(tried(metadata({ settings: JSON.stringify(altered) })))
      }
  }, 120_000)

  it('without one of its tensors, or with one cut, of another type or not finite, is malformed, or goes on', () => {
    for (const [name, { data }] of Object.entries(held.tensors)) {
      const codes = [tried({ ...held, tensors: without(held.tensors, name) })]
      const cut = data.slice(0, Math.max(0, data.length - 1))
      codes.push(tried(tensor(name, { shape: [cut.length], data: cut })))
      const other = data instanceof Float32Array ? Float64Array.from(data) : Float32Array.from(data)
      codes.push(tried(tensor(name, { shape: [data.length], data: other })))
      for (const value of [NaN, Infinity, -1])
        if (data.length > 0 && !(data instanceof Uint8Array)) {
          const altered = data.slice() as Float64Array
          altered[0] = value
          codes.push(tried(tensor(name, { shape: [data.length], data: altered })))
        }
      for (const code of codes) expect(['STATE_MALFORMED', 'harmless'], name).toContain(code)
      // no number that is no number comes in anywhere
      if (data.length > 0 && !(data instanceof Uint8Array))
        expect([name, codes[3], codes[4]]).toEqual([name, 'STATE_MALFORMED', 'STATE_MALFORMED'])
    }
  }, 120_000)
})

describe('the state of a classifier', () => {
  const e = lived(() => engine({ encoder: 'bert@3' }))

  it('belongs to its encoder', () => {
    expect(digest(engineOf(stored(e), 'bert@3'))).toBe(digest(e))
    refusal('ENCODER_MISMATCH', () => engineOf(stored(e), 'bert@4'))
    refusal('ENCODER_MISMATCH', () => engineOf(stored(e), ''))
    expect(digest(engineOf(stored(e)))).toBe(digest(e))
  })

  it('is not that of a Learner, nor of anything else', () => {
    const learner = new Learner(new Mlp([8, 3]), { optimizer: new Adam() })
    learner.consolidate(blobs())
    refusal('STATE_MISMATCH', () => engineOf(learner.state()))
    refusal('STATE_MISMATCH', () => engineOf({ tensors: {}, metadata: {} }))
  })

  it.each(['2', '0', '', 'x', '1.5', '-1'])('of version %j is refused', (version) => {
    const held = stored(e)
    refusal('STATE_VERSION', () => engineOf({ ...held, metadata: { ...held.metadata, version } }))
  })
})
