import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileOf } from '../../src/serving/tenants.ts'
import { newFolder, refused, rowsOf, started, storeIn } from './store-dist.ts'

const files = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith('.safetensors'))

/** what one tenant takes that has learnt one class or two */
async function sizeOfOne(): Promise<number> {
  const store = await storeIn(await newFolder())
  const one = await store.open('one')
  await one.learn(...rowsOf('a', 'b'))
  const { bytes } = store.report()
  await store.close()
  return bytes
}

describe('a tenant', () => {
  it('has no file until it is saved, and is the same when it is opened again', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const one = await store.open('one')
    const first = await one.learn(...rowsOf('a', 'b'))
    expect(await files(folder)).toEqual([])
    expect(await one.save()).toBe(first.sequence)
    expect(await files(folder)).toEqual([fileOf('one')])
    const answer = one.predict(rowsOf('b')[0])
    expect(answer.label).toBe('b')
    await store.close()

    const again = await storeIn(folder)
    const reopened = await again.open('one')
    expect(reopened.sequence).toBe(first.sequence)
    expect(reopened.predict(rowsOf('b')[0])).toEqual(answer)
    expect(again.report()).toMatchObject({ misses: 1, hits: 0 })
  })

  it('is one classifier for all that have it open, also at once, and is given back once each', async () => {
    const store = await storeIn(await newFolder())
    const [one, two] = await Promise.all([store.open('one'), store.open('one')])
    await one.learn(...rowsOf('a', 'b'))
    expect(two.labels).toEqual(['a', 'b'])
    await one.close()
    await one.close()
    expect(store.report()).toMatchObject({ residents: 1, held: 1, hits: 1, misses: 1 })
    await refused('CLOSED', one.learn(...rowsOf('a')))
    await two.learn(...rowsOf('c'))
    await two.close()
    expect(store.report()).toMatchObject({ residents: 1, held: 0 })
    const three = await store.open('one')
    expect(three.labels).toEqual(['a', 'b', 'c'])
  })

  it('that was never changed leaves no file behind', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    await (await store.open('one')).close()
    await store.close()
    expect(await readdir(folder)).toEqual([])
  })

  it('is saved in its place and nowhere else', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const one = await store.open('one')
    await one.learn(...rowsOf('a'))
    await refused('INVALID_ARGUMENT', one.save(join(folder, fileOf('two'))))
    expect(await one.save()).toBe(1)
    expect(await files(folder)).toEqual([fileOf('one')])
  })

  it('made with other options is refused, and what is no state at all', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder, { encoder: 'e1' })
    const one = await store.open('one')
    await one.learn(...rowsOf('a'))
    await store.close()
    await writeFile(join(folder, fileOf('two')), 'no state')
    const other = await storeIn(folder, { encoder: 'e2' })
    await refused('ENCODER_MISMATCH', other.open('one'))
    await refused('STATE_MALFORMED', other.open('two'))
    const third = await storeIn(folder, { encoder: 'e1', model: { kind: 'analytic', ridge: 1 } })
    await refused('STATE_MISMATCH', third.open('one'))
    expect(third.report()).toMatchObject({ residents: 0, bytes: 0 })
    // what was refused is not locked
    expect((await (await storeIn(folder, { encoder: 'e1' })).open('one')).labels).toEqual(['a'])
  })

  it('is deleted when nobody has it, with what a crash left', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const one = await store.open('one')
    await one.learn(...rowsOf('a'))
    await one.save()
    await refused('LOCKED', store.remove('one'))
    expect(await files(folder)).toHaveLength(1)
    await one.close()
    await writeFile(join(folder, `.${fileOf('one')}.0123456789abcdef.tmp`), 'half')
    await writeFile(join(folder, `.${fileOf('two')}.0123456789abcdef.tmp`), 'of another')
    const [removed, fresh] = await Promise.all([store.remove('one'), store.open('one')])
    expect(removed).toBe(true)
    expect(fresh.labels).toEqual([])
    expect((await readdir(folder)).filter((name) => /one-.*(tmp|safetensors)$/.test(name))).toEqual([])
    expect(await readdir(folder)).toContain(`.${fileOf('two')}.0123456789abcdef.tmp`)
    expect(await store.remove('three')).toBe(false)
  })
})

describe('memory', () => {
  it('is kept for those used last; others are saved and leave', async () => {
    const size = await sizeOfOne()
    const folder = await newFolder()
    const store = await storeIn(folder, { budget: Math.round(3.5 * size) })
    for (const tenant of ['1', '2', '3', '1', '4']) {
      const one = await store.open(tenant)
      await one.learn(...rowsOf('a', 'b'))
      await one.close()
    }
    await expect.poll(() => store.report()).toMatchObject({ residents: 3, evictions: 1, hits: 1, misses: 4 })
    expect(store.report().bytes).toBeLessThanOrEqual(store.report().budget)
    expect(await files(folder)).toEqual([fileOf('2')])
    const two = await store.open('2')
    expect(two.sequence).toBe(1)
    expect(await files(folder)).toContain(fileOf('3'))
    expect(await files(folder)).not.toContain(fileOf('1'))
  })

  it('that those in use take is not exceeded: one more is refused, and learns nothing', async () => {
    const size = await sizeOfOne()
    const folder = await newFolder()
    const store = await storeIn(folder, { budget: Math.round(2.2 * size) })
    const [one, two] = await Promise.all([store.open('1'), store.open('2')])
    for (const c of [one, two]) await c.learn(...rowsOf('a', 'b'))
    const before = store.report()
    await refused('OVERLOADED', store.open('3'))
    expect(store.report()).toMatchObject({ residents: 2, held: 2, bytes: before.bytes, evictions: 0 })
    expect((await readdir(folder)).filter((name) => name.includes(fileOf('3')))).toEqual([])
    await two.close()
    const three = await store.open('3')
    expect(store.report()).toMatchObject({ residents: 2, held: 2, evictions: 1 })
    // a class takes memory of its own here, until there is none
    const labels = Array.from({ length: 400 }, (_, label) => `l${label}`)
    await three.learn(...rowsOf(...labels))
    const sequence = three.sequence
    await refused('OVERLOADED', three.learn(...rowsOf('x')))
    expect(three.sequence).toBe(sequence)
    expect(three.predictRows(rowsOf('a')[0])).toHaveLength(1)
  })

  it.skipIf(process.getuid?.() === 0)('of one that cannot be saved is kept', async () => {
    const size = await sizeOfOne()
    const folder = await newFolder()
    const store = await storeIn(folder, { budget: Math.round(1.5 * size) })
    const one = await store.open('1')
    await one.learn(...rowsOf('a', 'b'))
    await one.close()
    await chmod(folder, 0o500)
    await expect(store.open('2')).rejects.toMatchObject({ code: 'EACCES' })
    await chmod(folder, 0o700)
    expect((await store.open('1')).labels).toEqual(['a', 'b'])
  })
})

describe('calls', () => {
  it('of a tenant keep their order, and tenants take turns', async () => {
    const store = await storeIn(await newFolder())
    const [busy, calm] = [await store.open('busy'), await store.open('calm')]
    let busyDone = 0
    const many = Array.from({ length: 40 }, async (_, at) => {
      const { sequence } = await busy.learn(...rowsOf('a', 'b'), { id: `${at}` })
      busyDone++
      return sequence
    })
    const calmly = calm.learn(...rowsOf('a')).then(() => busyDone)
    expect(await Promise.all(many)).toEqual(many.map((_, at) => at + 1))
    // each waits for one of the other's, not for all
    expect(await calmly).toBeLessThan(20)
  })

  it('beyond maxPending are refused', async () => {
    const store = await storeIn(await newFolder(), { maxPending: 2 })
    const one = await store.open('1')
    const calls = [one.learn(...rowsOf('a')), one.learn(...rowsOf('b'))]
    await refused('OVERLOADED', one.learn(...rowsOf('c')))
    await Promise.all(calls)
    expect(one.labels).toEqual(['a', 'b'])
  })
})

describe('a store', () => {
  it('saves what waits when it is closed, and is of no use then', async () => {
    const folder = await newFolder()
    const store = await storeIn(folder)
    const one = await store.open('1')
    const calls = Array.from({ length: 5 }, () => one.learn(...rowsOf('a')))
    const opening = store.open('2')
    await Promise.all([store.close(), store.close(), refused('CLOSED', opening)])
    await Promise.all(calls)
    await refused('CLOSED', store.open('1'))
    await refused('CLOSED', one.learn(...rowsOf('a')))
    await refused('CLOSED', store.remove('1'))
    expect(() => one.predict(rowsOf('a')[0])).toThrow(/closed/)
    expect(await readdir(folder)).toEqual([fileOf('1')])
    const again = await storeIn(folder)
    expect((await again.open('1')).sequence).toBe(5)
  })

  it('refuses options and ids outside their range', async () => {
    const folder = await newFolder()
    for (const options of [{ budget: 0 }, { workers: 0 }, { workers: 1.5 }, { maxPending: 0 }, { inputs: 0 }])
      await refused('INVALID_ARGUMENT', storeIn(folder, options))
    await refused('INVALID_ARGUMENT', storeIn(''))
    expect(await readdir(folder)).toEqual([])
    const store = await storeIn(folder)
    for (const id of ['', 'x'.repeat(129), '\ud800', 7 as never]) await refused('INVALID_ARGUMENT', store.open(id))
    expect(store.report()).toMatchObject({ residents: 0, misses: 0 })
  })

  it('whose thread died opens what was saved in a new one', async () => {
    const folder = await newFolder()
    const before = started.length
    const store = await storeIn(folder)
    const one = await store.open('1')
    await one.learn(...rowsOf('a', 'b'))
    await one.save()
    await one.learn(...rowsOf('c'))
    const waiting = Promise.allSettled(Array.from({ length: 200 }, () => one.learn(...rowsOf('d'))))
    await started[before]?.terminate()
    expect((await waiting).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED' } })
    await refused('WORKER_DIED', one.learn(...rowsOf('d')))
    expect(one.predict(rowsOf('c')[0]).label).toBe('c')
    const [two, other] = await Promise.all([store.open('1'), store.open('1')])
    expect(two.labels).toEqual(['a', 'b'])
    await two.learn(...rowsOf('e'))
    expect(other.labels).toEqual(['a', 'b', 'e'])
    await refused('WORKER_DIED', one.save())
    await one.close()
    expect(store.report()).toMatchObject({ residents: 1, held: 1 })
    await store.close()
    expect((await (await storeIn(folder)).open('1')).sequence).toBe(2)
  })
})

describe('the file of a tenant', () => {
  it('is in the folder, and differs also where case does not', () => {
    const ids = [
      'a',
      'A',
      '../a',
      '..',
      '.',
      '/',
      'a/b',
      'a\\b',
      'con',
      'CON',
      'a ',
      'é',
      'e\u0301',
      '\0',
      '😀',
      'x'.repeat(128),
    ]
    const names = ids.map(fileOf)
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{65,97}\.safetensors$/)
    expect(fileOf('tenant-7')).toMatch(/^tenant-7-/)
  })
})
