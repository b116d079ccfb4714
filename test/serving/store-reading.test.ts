import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFront } from '../../src/persistence/front.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/persistence/safetensors.ts'
import type { ClassifierStore } from '../../src/serving/index.ts'
import { fileOf } from '../../src/serving/tenants.ts'
import { newFolder, refused, rowsOf, storeIn } from './store-dist.ts'

const pathOf = (folder: string, tenant: string) => join(folder, fileOf(tenant))

/** A folder in which these tenants were saved, each with the same two classes. */
async function folderOf(...tenants: readonly string[]): Promise<string> {
  const folder = await newFolder()
  const store = await storeIn(folder)
  for (const tenant of tenants) {
    const one = await store.open(tenant)
    await one.learn(...rowsOf('a', 'b', 'a'), { id: 'first' })
    await one.close()
  }
  await store.close()
  return folder
}

/** flips a bit in the middle of a tensor's numbers; returns the file as it is then */
async function spoil(path: string, tensor: string): Promise<Buffer> {
  const bytes = await readFile(path)
  const start = 8 + bytes.readUInt32LE(0)
  const header = JSON.parse(bytes.toString('utf8', 8, start))
  const [begin, end] = header[tensor].data_offsets
  bytes[start + Math.floor((begin + end) / 2)]! ^= 1
  await writeFile(path, bytes)
  return bytes
}

const answers = async (store: ClassifierStore, tenant: string) =>
  (await store.open(tenant)).predictRows(rowsOf('a', 'b')[0]).map(({ label }) => label)

describe('a tenant that was opened', () => {
  it('answers before its sums are read, and goes on as one that was never closed, bit for bit', async () => {
    const [folder, other] = [await folderOf('one'), await newFolder()]
    const [store, never] = [await storeIn(folder), await storeIn(other)]
    const [one, two] = [await store.open('one'), await never.open('one')]
    await two.learn(...rowsOf('a', 'b', 'a'), { id: 'first' })
    expect(one.predictRows(rowsOf('a', 'b')[0])).toEqual(two.predictRows(rowsOf('a', 'b')[0]))
    for (const each of [one, two]) {
      expect(await each.learn(...rowsOf('c', 'a'), { id: 'first' })).toEqual({ sequence: 1, learnt: false })
      expect(await each.learn(...rowsOf('c', 'a'), { id: 'second' })).toEqual({ sequence: 2, learnt: true })
      await each.forget(...rowsOf('b'))
      await each.save()
    }
    const [left, right] = await Promise.all([folder, other].map((within) => readFile(pathOf(within, 'one'))))
    expect((left as Buffer).equals(right as Buffer)).toBe(true)
    expect(await one.report()).toEqual(await two.report())
  })

  it('takes as much of the budget before its sums are read as after', async () => {
    const store = await storeIn(await folderOf('one'))
    const one = await store.open('one')
    const before = [store.report().bytes, one.bytes()]
    await one.report()
    expect([store.report().bytes, one.bytes()]).toEqual(before)
  })

  it('whose sums were changed answers, and refuses all else; nothing is saved over it', async () => {
    const folder = await folderOf('one', 'two')
    const bytes = await spoil(pathOf(folder, 'one'), 'model/gram')
    // so that no other finds room while it stays
    const store = await storeIn(folder, { budget: 60_000 })
    const one = await store.open('one')
    expect(one.predictRows(rowsOf('a', 'b')[0]).map(({ label }) => label)).toEqual(['a', 'b'])
    for (const call of [
      () => one.learn(...rowsOf('c')),
      () => one.forget(...rowsOf('a')),
      () => one.removeClass('a'),
      () => one.consolidate(),
      () => one.report(),
      () => one.save(),
    ])
      expect((await refused('STATE_MALFORMED', call())).message).toMatch(/checksum/)
    expect(one.labels).toEqual(['a', 'b'])
    await one.close()
    expect(await answers(store, 'two')).toEqual(['a', 'b'])
    expect(store.report()).toMatchObject({ residents: 1, evictions: 1, waits: 0 })
    await store.close()
    expect((await readFile(pathOf(folder, 'one'))).equals(bytes)).toBe(true)
    expect((await readdir(folder)).sort()).toEqual([fileOf('one'), fileOf('two')].sort())
  })

  it.each(['published/weight', 'published/head'])('whose %s was changed is refused', async (tensor) => {
    const folder = await folderOf('one')
    await spoil(pathOf(folder, 'one'), tensor)
    const store = await storeIn(folder)
    await refused('STATE_MALFORMED', store.open('one'))
    expect(store.report()).toMatchObject({ residents: 0, bytes: 0 })
  })

  it('whose file was cut is refused', async () => {
    const folder = await folderOf('one')
    const bytes = await readFile(pathOf(folder, 'one'))
    await writeFile(pathOf(folder, 'one'), bytes.subarray(0, -1))
    await refused('STATE_MALFORMED', (await storeIn(folder)).open('one'))
  })

  it('whose file another program replaced or removed learns nothing, and is not saved over', async () => {
    const folder = await folderOf('one', 'two', 'three')
    const foreign = await readFile(pathOf(folder, 'three'))
    const store = await storeIn(folder)
    const [one, two] = [await store.open('one'), await store.open('two')]
    const { tensors, metadata } = decodeSafetensors(new Uint8Array(foreign))
    const other = Buffer.concat(encodeSafetensors({ tensors, metadata: { ...metadata, sequence: '9' } }))
    await writeFile(pathOf(folder, 'one'), other)
    await rm(pathOf(folder, 'two'))
    await refused('STATE_MISMATCH', one.learn(...rowsOf('c')))
    await refused('STATE_MISSING', two.learn(...rowsOf('c')))
    await store.close()
    expect((await readFile(pathOf(folder, 'one'))).equals(other)).toBe(true)
    expect(await readdir(folder)).not.toContain(fileOf('two'))
  })

  it('from a file without a front, as earlier releases wrote it, is read wholly at once', async () => {
    const folder = await folderOf('one')
    const path = pathOf(folder, 'one')
    expect(readFront(path)?.stored.tensors).toHaveProperty('published/weight')
    await writeFile(path, Buffer.concat(encodeSafetensors(decodeSafetensors(new Uint8Array(await readFile(path))))))
    expect(readFront(path)).toBeNull()
    const store = await storeIn(folder)
    expect(await answers(store, 'one')).toEqual(['a', 'b'])
    await spoil(path, 'model/gram')
    // it is here
    expect(await (await store.open('one')).learn(...rowsOf('c'))).toMatchObject({ learnt: true })
    const again = await folderOf('one')
    await writeFile(pathOf(again, 'one'), await readFile(path))
    await refused('STATE_MALFORMED', (await storeIn(again)).open('one'))
  })
})
