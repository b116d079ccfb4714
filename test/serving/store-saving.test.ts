import { readdir } from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClassifierStore } from '../../src/serving/index.ts'
import { fileOf } from '../../src/serving/tenants.ts'
import { DIST, INPUTS, newFolder, refused, rowsOf, storeIn } from './store-dist.ts'

const disk = createRequire(import.meta.url)('node:fs/promises') as typeof import('node:fs/promises')
const { open } = disk

/** a disk on which nothing becomes durable before it is let go */
function hold(): { readonly waiting: () => number; readonly letGo: () => void } {
  let letGo = () => {}
  let waiting = 0
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  disk.open = async (...args) => {
    const file = await open(...args)
    const sync = file.sync.bind(file)
    file.sync = async () => {
      waiting++
      await gate
      await sync()
    }
    return file
  }
  syncBuiltinESMExports()
  return { waiting: () => waiting, letGo }
}

afterEach(() => {
  disk.open = open
  syncBuiltinESMExports()
})

const saved = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.endsWith('.safetensors') && !name.startsWith('.')).sort()

async function learnt(store: ClassifierStore, tenant: string) {
  const one = await store.open(tenant)
  await one.learn(...rowsOf('a', 'b'))
  await one.close()
}

async function sizeOfOne(): Promise<number> {
  const store = await storeIn(await newFolder())
  await learnt(store, 'one')
  return store.report().bytes
}

describe('while a tenant is written', () => {
  it('others open and learn, and so does it; the next is saved after it; each file is its own', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const [one, two] = [await store.open('one'), await store.open('two')]
    await one.learn(...rowsOf('a'))
    await two.learn(...rowsOf('b', 'c'))
    const { waiting, letGo } = hold()
    const saves = [one.save(), two.save()]
    await expect.poll(waiting).toBe(1)
    expect(await one.learn(...rowsOf('b'))).toMatchObject({ sequence: 2 })
    expect(one.labels).toEqual(['a', 'b'])
    await learnt(store, 'three')
    expect(waiting()).toBe(1)
    expect(await saved(folder)).toEqual([])
    letGo()
    expect(await Promise.all(saves)).toEqual([1, 1])
    expect(await saved(folder)).toEqual([fileOf('one'), fileOf('two')].sort())
    const elsewhere = await newFolder()
    for (const [tenant, labels] of [
      ['one', ['a']],
      ['two', ['b', 'c']],
    ] as const) {
      await disk.copyFile(join(folder, fileOf(tenant)), join(elsewhere, fileOf(tenant)))
      const copy = await (await storeIn(elsewhere)).open(tenant)
      expect([copy.sequence, copy.labels]).toEqual([1, labels])
      expect((await copy.report()).overall.samples).toBe(0)
    }
  })

  it('what is asked after a save is not in it, whether that was waited for or not', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const one = await store.open('one')
    const calls = [
      one.learn(...rowsOf('a')),
      one.save(),
      one.learn(...rowsOf('b')),
      one.save(),
      one.learn(...rowsOf('c')),
    ]
    expect(await Promise.all(calls)).toEqual([
      { sequence: 1, learnt: true },
      1,
      { sequence: 2, learnt: true },
      2,
      { sequence: 3, learnt: true },
    ])
  })

  it('its thread may be told to end: that waits', async () => {
    const { ContinualClassifier } = (await import(DIST)) as typeof import('../../src/serving/index.ts')
    const path = join(await newFolder(), 'one.safetensors')
    const one = await ContinualClassifier.create({ inputs: INPUTS })
    await one.learn(...rowsOf('a'))
    const { waiting, letGo } = hold()
    const save = one.save(path)
    await expect.poll(waiting).toBe(1)
    let closed = false
    const closing = one.close().then(() => {
      closed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(closed).toBe(false)
    letGo()
    await closing
    expect(await save).toBe(1)
    await using again = await ContinualClassifier.load(path)
    expect(again.labels).toEqual(['a'])
  })

  it('what fails is told to who saved, and the next is saved', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const [one, two] = [await store.open('one'), await store.open('two')]
    for (const each of [one, two]) await each.learn(...rowsOf('a'))
    let failing = true
    disk.open = async (...args) => {
      if (failing) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      return open(...args)
    }
    syncBuiltinESMExports()
    await expect(one.save()).rejects.toMatchObject({ code: 'ENOSPC' })
    failing = false
    expect(await two.save()).toBe(1)
    expect(await one.save()).toBe(1)
  })
})

describe('room', () => {
  it('is made ahead: those used longest ago are saved while they stay, so that who comes does not wait', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder, { budget: Math.floor(20.5 * (await sizeOfOne())) })
    const names = Array.from({ length: 60 }, (_, index) => `t${index}`)
    let most = 0
    for (const name of names) {
      await learnt(store, name)
      const ahead = async () => (await saved(folder)).length - store.report().evictions
      // whoever comes next comes after the disk has done that: one after another, so that of two the first is durable
      if (store.report().residents > 18) await expect.poll(ahead).toBeGreaterThan(1)
      most = Math.max(most, await ahead())
      expect(store.report().bytes).toBeLessThanOrEqual(store.report().budget)
    }
    const { residents, evictions, misses, waits } = store.report()
    expect([residents + evictions, misses, waits]).toEqual([60, 60, 0])
    expect(evictions).toBeGreaterThan(30)
    // no more than an eighth of what fits, and one
    expect(most).toBeLessThanOrEqual(Math.ceil(residents / 8) + 1)
    await store.close()
    const again = await storeIn(folder)
    for (const name of names) expect((await again.open(name)).sequence, name).toBe(1)
  })

  it('is had at once from those that did not change; else who opens waits for a save, and that is counted', async () => {
    const folder = await newFolder()
    const first = await storeIn(folder)
    for (const name of ['1', '2', '3']) await learnt(first, name)
    await first.close()
    const store = await storeIn(folder, { budget: Math.floor(2.1 * (await sizeOfOne())) })
    for (const name of ['1', '2']) await (await store.open(name)).close()
    // used before the other, and changed
    const { letGo } = hold()
    await learnt(store, '1')
    await (await store.open('2')).close()
    await (await store.open('3')).close()
    // '1' is being saved, so '2' left
    expect(store.report()).toMatchObject({ residents: 2, evictions: 1, waits: 0 })
    const [one, three] = [await store.open('1'), await store.open('3')]
    await three.learn(...rowsOf('a'))
    for (const each of [one, three]) await each.close()
    const opening = store.open('2')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(store.report().waits).toBe(0)
    letGo()
    await opening
    expect(store.report()).toMatchObject({ residents: 2, waits: 1 })
  })

  it('is not made of one that cannot be saved: it stays, and who needs its room is told', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder, { budget: Math.floor(1.5 * (await sizeOfOne())) })
    await learnt(store, '1')
    disk.open = async () => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    }
    syncBuiltinESMExports()
    await expect(store.open('2')).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(store.report()).toMatchObject({ residents: 1, evictions: 0 })
    disk.open = open
    syncBuiltinESMExports()
    await (await store.open('2')).close()
    expect((await store.open('1')).sequence).toBe(1)
  })

  it('does not take a place among the calls that may wait', async () => {
    const size = await sizeOfOne()
    const store = await storeIn(await newFolder(), { budget: Math.floor(1.1 * size), maxPending: 1 })
    const { waiting, letGo } = hold()
    await learnt(store, '1')
    // it is more than seven eighths
    await expect.poll(waiting).toBe(1)
    const again = await store.open('1')
    const learning = again.learn(...rowsOf('c'))
    await refused('OVERLOADED', again.learn(...rowsOf('d')))
    expect(await learning).toMatchObject({ sequence: 2 })
    letGo()
  })
})
