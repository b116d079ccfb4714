import { chmod, lstat, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type * as serving from '../../src/serving/index.ts'
import { node } from '../docs/pages.ts'
import { DIST, INPUTS, newFolder, refused, rowsOf } from './store-dist.ts'

const { ContinualClassifier } = (await import(/* @vite-ignore */ DIST)) as typeof serving
const PROGRAM = `
  const { ContinualClassifier } = await import(${JSON.stringify(DIST)})
  const one = await ContinualClassifier.create({ inputs: 2 })
  await one.learn(Float32Array.of(1, 0, 0, 1), ['a', 'b'])
  console.log(one.predict(Float32Array.of(1, 0)).label)
  await one.close()`

describe('a process that embeds it', () => {
  it.each([
    [['--max-old-space-size=512']],
    [['--expose-gc', '--stack-size=900']],
    [['--title=service', '--enable-source-maps']],
  ])('may have the flags %j', async (flags) => {
    const file = `${await newFolder()}/program.mjs`
    await writeFile(file, PROGRAM)
    expect(node(...flags, file)).toBe('a\n')
  })

  it('may be a text, as a module or not, whose __filename is none', () => {
    expect(node('--input-type=module', '-e', PROGRAM)).toBe('a\n')
    expect(node('-e', `(async () => {${PROGRAM}})()`)).toBe('a\n')
  })

  it('ends with a store that was opened and neither used nor closed', async () => {
    const options = [JSON.stringify(await newFolder()), '{ inputs: 2, workers: 2 }']
    const program = `const { ClassifierStore } = await import(${JSON.stringify(DIST)})
      await ClassifierStore.open(${options})`
    expect(node('--input-type=module', '-e', program)).toBe('')
  })
})

describe('a call that is wrong', () => {
  it.each([
    ['an id', { id: Symbol('x') }],
    ['an id', { id: () => 1 }],
    ['an id', { id: 7 }],
  ])('for %s that is none is refused, and what comes goes on', async (_, options) => {
    const one = await ContinualClassifier.create({ inputs: INPUTS })
    const [x, labels] = rowsOf('a', 'b')
    const before = one.learn(x, labels)
    await refused('INVALID_ARGUMENT', one.learn(x, labels, options as never))
    await refused('INVALID_ARGUMENT', one.save(options.id as never))
    await refused('INVALID_ARGUMENT', one.learn(x, [Symbol('a'), 'b'] as never))
    await before
    expect(await one.learn(x, labels)).toEqual({ sequence: 2, learnt: true })
    await one.close()
  })

  it.each([
    ['an option that is not there', { di: 'x' }],
    ['no options', null],
    ['a signal that is none', { signal: {} }],
  ])('for %s is refused', async (_, options) => {
    const one = await ContinualClassifier.create({ inputs: INPUTS })
    await refused('INVALID_ARGUMENT', one.learn(...rowsOf('a'), options as never))
    const [x, labels] = rowsOf('a')
    structuredClone(x, { transfer: [x.buffer as ArrayBuffer] })
    await refused('DETACHED_BUFFER', one.learn(x, labels))
    await refused('INVALID_ARGUMENT', one.save('a\0b'))
    expect((await one.learn(...rowsOf('a'))).sequence).toBe(1)
    await one.close()
  })

  it('learns the labels as they were when it was called', async () => {
    const one = await ContinualClassifier.create({ inputs: INPUTS })
    const [x, labels] = rowsOf('a')
    const wait = one.learn(...rowsOf('b'))
    const learnt = one.learn(x, new Proxy(labels, {}))
    labels[0] = 'spam'
    await Promise.all([wait, learnt])
    expect([...one.labels].sort()).toEqual(['a', 'b'])
    await one.close()
  })

  it('for an option that is not there, or out of its range, is refused', async () => {
    const path = `${await newFolder()}/state`
    const one = await ContinualClassifier.create({ inputs: INPUTS, encoder: 'A' })
    await one.learn(...rowsOf('a'))
    await one.save(path)
    await one.close()
    const { load, create } = ContinualClassifier
    for (const options of [{ enocder: 'B' }, { inputs: '4' }, { inputs: 0 }, { maxPending: 0 }, null])
      await refused('INVALID_ARGUMENT', load.call(ContinualClassifier, path, options as never))
    for (const wrong of ['', undefined, 7])
      await refused('INVALID_ARGUMENT', load.call(ContinualClassifier, wrong as never))
    await refused('INVALID_ARGUMENT', create.call(ContinualClassifier, { inputs: 2 }, { maxpending: 1 } as never))
    await refused('STATE_MISMATCH', load.call(ContinualClassifier, path, { inputs: 3 }))
    await refused('ENCODER_MISMATCH', load.call(ContinualClassifier, path, { encoder: 'B' }))
  })
})

it('close may be called again: what waits is done all the same', async () => {
  const path = `${await newFolder()}/state`
  const one = await ContinualClassifier.create({ inputs: INPUTS })
  const [x, labels] = rowsOf('a', 'b')
  const calls = [one.learn(x, labels), one.learn(x, labels), one.learn(x, labels), one.save(path)]
  await Promise.all([one.close(), one.close()])
  expect(await Promise.all(calls)).toMatchObject([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }, 3])
  await refused('CLOSED', one.learn(x, labels))
})

it('numbers its changes on where no class is left, and so does what is loaded', async () => {
  const path = `${await newFolder()}/state`
  const one = await ContinualClassifier.create({ inputs: INPUTS })
  await one.learn(...rowsOf('a'))
  expect((await one.removeClass('a')).sequence).toBe(2)
  expect([one.sequence, one.labels]).toEqual([2, []])
  expect(await one.save(path)).toBe(2)
  await one.close()
  const again = await ContinualClassifier.load(path)
  expect(again.sequence).toBe(2)
  await again.close()
  const two = await ContinualClassifier.create({ inputs: INPUTS })
  for (let round = 0; round < 5; round++) await two.learn(...rowsOf('a', 'b'))
  for (const label of ['a', 'b']) await two.removeClass(label)
  await two.save(path)
  const reported = await two.report()
  await two.close()
  const loaded = await ContinualClassifier.load(path)
  expect(await loaded.report()).toEqual(reported)
  await loaded.close()
})

it('the system’s errors keep their codes, and nothing but a file is replaced', async () => {
  const folder = await newFolder()
  const one = await ContinualClassifier.create({ inputs: INPUTS })
  await one.learn(...rowsOf('a'))
  await expect(one.save(`${folder}/none/state`)).rejects.toMatchObject({ code: 'ENOENT' })
  await refused('INVALID_ARGUMENT', one.save(folder))
  await refused('INVALID_ARGUMENT', one.save('/dev/null'))
  await writeFile(`${folder}/state`, '')
  await symlink(`${folder}/state`, `${folder}/link`)
  await chmod(`${folder}/state`, 0o600)
  await one.save(`${folder}/link`)
  expect((await lstat(`${folder}/link`)).isSymbolicLink()).toBe(true)
  expect((await lstat(`${folder}/state`)).mode & 0o777).toBe(0o600)
  await symlink('later', `${folder}/early`)
  await one.save(`${folder}/early`)
  expect((await lstat(`${folder}/early`)).isSymbolicLink()).toBe(true)
  await one.close()
  await (await ContinualClassifier.load(`${folder}/later`)).close()
  await (await ContinualClassifier.load(`${folder}/state`)).close()
  await expect(ContinualClassifier.load(`${folder}/state/none`)).rejects.toMatchObject({ code: 'STATE_MISSING' })
})

it('one signal may withdraw many calls, without a warning', async () => {
  const program = `const { ContinualClassifier } = await import(${JSON.stringify(DIST)})
    const one = await ContinualClassifier.create({ inputs: 2 })
    const { signal } = new AbortController()
    process.on('warning', ({ name }) => console.log(name))
    await Promise.all(Array.from({ length: 50 }, () => one.learn(Float32Array.of(1, 0), ['a'], { signal })))
    await one.close()`
  expect(node('--input-type=module', '-e', program)).toBe('')
})
