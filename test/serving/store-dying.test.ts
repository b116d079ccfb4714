import fs, { access, readdir } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { fileOf } from '../../src/serving/tenants.ts'
import { newFolder, rowsOf, started, storeIn } from './store-dist.ts'

const { rename } = fs
afterEach(() => {
  fs.rename = rename
  syncBuiltinESMExports()
})

/** has the next file take a while before it is in its place; fulfilled once that began */
function slowly(): Promise<void> {
  return new Promise((resolve) => {
    fs.rename = async (...args) => {
      resolve()
      await setTimeout(500)
      return rename(...args)
    }
    syncBuiltinESMExports()
  })
}

/** a tenant, 1, that has learnt these labels, of which all but the last are saved, in a thread that dies while it saves that */
async function dying(...labels: readonly string[]) {
  const folder = await newFolder()
  const store = await storeIn(folder)
  const one = await store.open('1')
  for (const label of labels.slice(0, -1)) {
    await one.learn(...rowsOf(label))
    await one.save()
  }
  await one.learn(...rowsOf(labels.at(-1) as string))
  const began = slowly()
  const saved = one.save()
  await began
  await started.at(-1)?.terminate()
  return { folder, store, saved }
}

it('a save that is under way when its thread dies is what the tenant is opened from', async () => {
  const { store, saved } = await dying('a', 'b')
  const again = await store.open('1')
  expect(await saved).toBe(2)
  expect(again.labels).toEqual(['a', 'b'])
  expect((await again.learn(...rowsOf('c'))).sequence).toBe(3)
  await store.close()
})

it('a tenant that is removed while its thread dies in a save is gone', async () => {
  const { folder, store, saved } = await dying('a')
  expect(await store.remove('1')).toBe(true)
  expect(await saved).toBe(1)
  await expect(access(join(folder, fileOf('1')))).rejects.toThrow('ENOENT')
  await store.close()
  expect(await readdir(folder)).toEqual([])
})

it('a store is closed once the last save of a thread that died is in its place', async () => {
  const { folder, store, saved } = await dying('a')
  await store.close()
  expect(await readdir(folder)).toEqual([fileOf('1')])
  expect(await saved).toBe(1)
})
