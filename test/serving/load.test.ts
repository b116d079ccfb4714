import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { PalimpsestError } from '../../bindings/errors.ts'
import type * as serving from '../../src/serving/index.ts'

// workers run no TypeScript
const { ContinualClassifier } = (await import(
  new URL('../../dist/src/serving/index.js', import.meta.url).href
)) as typeof serving

const folder = await mkdtemp(join(tmpdir(), 'palimpsest-load-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'state.safetensors')
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: PalimpsestError) => error.code,
  )

it('load goes on where save was, for the same encoder and inputs alone', async () => {
  const odd = ['__proto__', 'constructor', 'ß']
  const rows = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  await using first = await ContinualClassifier.create({ inputs: 3, encoder: 'one' })
  expect(await first.learn(rows, odd, { id: 'a' })).toEqual({ sequence: 1, learnt: true })
  expect(await first.save(path)).toBe(1)
  expect(await codeOf(ContinualClassifier.load(path, { encoder: 'two' }))).toBe('ENCODER_MISMATCH')
  expect(await codeOf(ContinualClassifier.load(path, { inputs: 4 }))).toBe('STATE_MISMATCH')
  expect(await codeOf(ContinualClassifier.load(join(folder, 'none')))).toBe('STATE_MISSING')
  await using second = await ContinualClassifier.load(path, { encoder: 'one', inputs: 3 })
  expect(second.labels).toEqual(odd)
  expect(second.predictRows(rows)).toEqual(first.predictRows(rows))
  expect(second.predictRows(rows).map(({ label }) => label)).toEqual(odd)
  expect(await second.learn(rows, odd, { id: 'a' })).toEqual({ sequence: 1, learnt: false })
  // by default where it was loaded from
  expect(await second.removeClass('__proto__')).toEqual({ sequence: 2, learnt: true })
  expect(await second.save()).toBe(2)
  await using third = await ContinualClassifier.load(path)
  expect(third.labels).toEqual(['constructor', 'ß'])
  expect(third.sequence).toBe(2)
})

it('a classifier that was closed says so', async () => {
  const classifier = await ContinualClassifier.create({ inputs: 2 })
  expect(await codeOf(classifier.learn(new Float64Array(2) as never, ['a']))).toBe('DTYPE')
  expect(await codeOf(classifier.learn(new Float32Array(2), [1] as never))).toBe('INVALID_ARGUMENT')
  expect(() => classifier.predict(new Float32Array(2))).toThrow(/nothing was learnt yet/)
  await classifier.close()
  await classifier.close()
  expect(await codeOf(classifier.learn(new Float32Array(2), ['a']))).toBe('CLOSED')
  expect(() => classifier.predict(new Float32Array(2))).toThrow(/closed/)
})
