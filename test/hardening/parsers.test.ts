import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mutated } from '../../bench/fuzz/mutate.ts'
import { checkpoint } from '../../bench/fuzz/targets/checkpoint.ts'
import { classifier } from '../../bench/fuzz/targets/classifier.ts'
import { edit } from '../../bench/fuzz/targets/edit.ts'
import { editStored, NOTHING } from '../../bench/fuzz/targets/edit-stored.ts'
import { TARGETS } from '../../bench/fuzz/targets/index.ts'
import { judged } from '../../bench/fuzz/targets/target.ts'
import { PalimpsestError } from '../../bindings/errors.ts'
import { Engine } from '../../src/serving/engine.ts'
import { engineOf, storedOf } from '../../src/serving/engine-state.ts'
import { settingsOf } from '../../src/serving/settings.ts'
import { Random } from '../../src/tensor/random.ts'

// a state that frees some parameters makes each method say so
beforeAll(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => {}))
afterAll(() => void vi.restoreAllMocks())

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
  test('what is valid is taken', async () => {
    for (const seed of await target.seeds()) expect(await target.run(seed)).toBe('taken')
  })

  test('what was altered is taken whole, or refused', async () => {
    const seeds = await target.seeds()
    const seed = fc.nat(seeds.length - 1)
    const outcomes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(seed, seed, fc.nat(), async (one, other, state) => {
        const input = mutated(seeds[one] as Uint8Array, seeds[other] as Uint8Array, Random.from(state))
        outcomes.add(await target.run(input))
      }),
      { numRuns: 400 },
    )
    expect([...outcomes].sort()).toEqual(['refused', 'taken'])
  })

  test('every byte set to 0, to 255, and to its neighbour', async () => {
    for (const seed of await target.seeds())
      for (let at = 0; at < Math.min(seed.length, 24); at++)
        for (const value of [0, 255, (seed[at] as number) ^ 1])
          await target.run(Uint8Array.from(seed).fill(value, at, at + 1))
  })
})

describe.each([['checkpoint', checkpoint] as const, ['classifier', classifier] as const])('a %s read', (_, target) => {
  // as edit.ts and edit-stored.ts have them
  const [ARRAYS, TEXTS] = [40, 40]
  const [DROP, SET, CUT, NAN] = [2, 3, 5, 2]
  const [DROP_TEXT, SET_TEXT] = [133, 132]

  test('with NaN in any of the arrays, or one of them cut or gone', async () => {
    for (const [kind = 0] of await target.seeds())
      for (let which = 0; which < ARRAYS; which++)
        for (const what of [SET, CUT, DROP]) await target.run(Uint8Array.of(kind, what, which, 0, NAN))
  })

  test('with any of the texts another, or gone', async () => {
    for (const kind of [1, 3])
      for (let which = 0; which < TEXTS; which++) {
        await target.run(Uint8Array.of(kind, DROP_TEXT, which, 0, 0))
        for (let text = 0; text < 36; text++) await target.run(Uint8Array.of(kind, SET_TEXT, which, 0, text))
      }
  })
})

describe('a small file of a classifier that says it is large', () => {
  const engine = new Engine(settingsOf({ inputs: 4, model: { kind: 'network', hidden: [5] } }))
  engine.learn(new Float32Array(8).fill(0.5), ['a', 'b'])
  const file = storedOf(engine)
  const saying = (more: Record<string, string>) => () => engineOf({ ...file, metadata: { ...file.metadata, ...more } })

  // with the bound removed, the network is made first
  test('by its outputs', () => {
    const numbers = JSON.stringify({ ...JSON.parse(file.metadata.numbers as string), outputs: 1_000_001 })
    expect(saying({ labels: '[[0,"a"],[1000000,"b"]]', numbers })).toThrow('1000001 outputs for 1000001 classes')
  })

  test('by its hidden layers', () => {
    const settings = JSON.parse(file.metadata.settings as string)
    settings.model.hidden = Array.from({ length: 100 }, () => 16_384)
    expect(saying({ settings: JSON.stringify(settings) })).toThrow(/has 20 numbers, which are not of the settings/)
  })
})

describe('the judges', () => {
  const refuse = (code: 'SHAPE' | 'LENGTH') => () => {
    throw new PalimpsestError(code, 'wrong')
  }

  test('take success and the codes that are named, and nothing else', async () => {
    expect(await judged(['SHAPE'], () => 1)).toBe('taken')
    expect(await judged(['SHAPE'], refuse('SHAPE'))).toBe('refused')
    await expect(judged(['SHAPE'], refuse('LENGTH'))).rejects.toThrow('wrong')
    await expect(judged(['SHAPE'], () => JSON.parse('{'))).rejects.toThrow(SyntaxError)
  })

  test('a script changes what it says and leaves the rest', () => {
    const state = { method: 'ewc', numbers: { tasks: 1 }, arrays: { 'w/anchor': Float32Array.of(1, 2) } }
    expect(edit(state, new Uint8Array())).toEqual(state)
    expect(edit(state, Uint8Array.of(3, 0, 1, 1)).arrays['w/anchor']).toEqual(Float32Array.of(1, -1))
    expect(edit(state, Uint8Array.of(2, 0, 0, 0)).arrays).toEqual({})
    expect(state.arrays['w/anchor']).toEqual(Float32Array.of(1, 2))
    const file = {
      tensors: { w: { shape: [1, 2], data: Float32Array.of(1, 2) } },
      metadata: { kind: 'a', version: '1' },
    }
    expect(editStored(file, new Uint8Array())).toEqual(file)
    expect(editStored(file, Uint8Array.from(NOTHING))).toEqual(file)
    expect(editStored(file, Uint8Array.of(5, 0, 0, 0)).tensors.w).toEqual({ shape: [1], data: Float32Array.of(1) })
    expect(editStored(file, Uint8Array.of(133, 1, 1, 1)).metadata).toEqual({ kind: 'a' })
  })
})
