import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { placeOf, startOf } from '../../src/persistence/process.ts'
import { Locks } from '../../src/serving/lock.ts'
import { fileOf } from '../../src/serving/tenants.ts'
import { DIST, INPUTS, newFolder, refused, rowsOf, storeIn } from './store-dist.ts'

/** A process that has tenant 1 open and saved, and says so. */
async function elsewhere(folder: string): Promise<ChildProcess> {
  const program = `
    import { ClassifierStore } from ${JSON.stringify(DIST)}
    const store = await ClassifierStore.open(${JSON.stringify(folder)}, { inputs: ${INPUTS}, workers: 1 })
    const one = await store.open('1')
    await one.learn(new Float32Array(${INPUTS}).fill(1), ['elsewhere'])
    await one.save()
    console.log('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const stale = async (path: string, token: string) =>
  writeFile(
    path,
    JSON.stringify({ token, host: hostname(), place: await placeOf(), pid: process.pid, start: 'another' }),
  )

describe('a tenant', () => {
  it('is open in one store at a time', async () => {
    const folder = await newFolder()
    const [one, two] = [await storeIn(folder), await storeIn(folder)]
    const held = await one.open('1')
    expect((await refused('LOCKED', two.open('1'))).message).toContain(`process ${process.pid}`)
    await refused('LOCKED', two.remove('1'))
    await two.open('2')
    await held.learn(...rowsOf('a'))
    await held.close()
    // it stays in memory
    await refused('LOCKED', two.open('1'))
    await one.close()
    expect((await two.open('1')).labels).toEqual(['a'])
  })

  it('that another process has is refused, and taken over once that was killed', async () => {
    const folder = await newFolder()
    const child = await elsewhere(folder)
    const store = await storeIn(folder)
    await refused('LOCKED', store.open('1'))
    await killed(child)
    await writeFile(join(folder, `.${fileOf('1')}.0123456789abcdef.tmp`), 'half')
    const one = await store.open('1')
    expect(one.labels).toEqual(['elsewhere'])
    await store.close()
    await (await storeIn(folder)).close()
    expect(await readdir(folder)).toEqual([fileOf('1')])
  })
})

it('a tenant that another took over while this process stood still is not saved over, and is told', async () => {
  const folder = await newFolder()
  const store = await storeIn(folder)
  const one = await store.open('1')
  await one.learn(...rowsOf('a'))
  await one.save()
  await one.learn(...rowsOf('b'))
  const [path, others] = [join(folder, fileOf('1')), await Locks.open(folder)]
  await rm(`${path}.lock`)
  await others.take(path)
  await writeFile(path, 'theirs')
  await refused('LOCKED', one.save())
  await refused('LOCKED', store.close())
  await store.close()
  expect(await readFile(path, 'utf8')).toBe('theirs')
  await others.check(path)
  await others.close()
})

describe('a lock', () => {
  it('left behind goes to exactly one of many that come for it at once', async () => {
    const folder = await newFolder()
    const all = await Promise.all(Array.from({ length: 12 }, () => Locks.open(folder)))
    for (let round = 0; round < 40; round++) {
      const path = join(folder, `state-${round}`)
      await stale(`${path}.lock`, 'abc')
      // one that died while it took it over
      if (round % 2 === 1) await stale(`${path}.lock.abc`, 'def')
      const taken = await Promise.allSettled(all.map((locks) => locks.take(path)))
      expect(taken.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
      // those who met each other at the guard left it; whoever comes then has it
      const holder = Math.max(
        0,
        taken.findIndex(({ status }) => status === 'fulfilled'),
      )
      if (taken.every(({ status }) => status === 'rejected')) expect(await all[0]?.take(path)).toBe(true)
      for (const outcome of taken)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'LOCKED' })
      await all[holder]?.release(path)
      expect(await readdir(folder)).toHaveLength(all.length)
    }
  })

  it('is not taken by one who judged an earlier owner of it', async () => {
    const folder = await newFolder()
    const [one, two] = [await Locks.open(folder), await Locks.open(folder)]
    const path = join(folder, 'state')
    await stale(`${path}.lock`, 'abc')
    // two judges while somebody takes it over: it finds the guard
    await link(
      join(folder, (await readdir(folder)).find((name) => name.startsWith('.owner')) ?? ''),
      `${path}.lock.abc`,
    )
    await refused('LOCKED', two.take(path))
    expect(await readdir(folder)).toContain('state.lock')
    expect(one).toBeDefined()
  })

  it('of another machine or container is its own until it was silent for 30 seconds', async () => {
    const folder = await newFolder()
    const locks = await Locks.open(folder)
    const far = join(folder, 'far')
    const owner = { token: 'abc', host: hostname(), place: 'elsewhere', pid: process.pid, start: 'x' }
    await writeFile(`${far}.lock`, JSON.stringify(owner))
    expect((await refused('LOCKED', locks.take(far))).message).toContain(`${far}.lock`)
    const ago = (seconds: number) => Date.now() / 1000 - seconds
    await utimes(`${far}.lock`, ago(25), ago(25))
    await refused('LOCKED', locks.take(far))
    await utimes(`${far}.lock`, ago(31), ago(31))
    expect(await locks.take(far)).toBe(true)
    await locks.check(far)
    await locks.close()
  })

  it('shows every 5 seconds that its owner lives, and never says less than who that is', async () => {
    const folder = await newFolder()
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const locks = await Locks.open(folder)
      const path = join(folder, 'state')
      await locks.take(path)
      const text = await readFile(`${path}.lock`, 'utf8')
      await utimes(`${path}.lock`, 0, 0)
      vi.advanceTimersByTime(4999)
      expect((await stat(`${path}.lock`)).mtimeMs).toBe(0)
      vi.advanceTimersByTime(1)
      await expect.poll(async () => (await stat(`${path}.lock`)).mtimeMs).toBeGreaterThan(Date.now() - 60_000)
      expect(await readFile(`${path}.lock`, 'utf8')).toBe(text)
      await locks.close()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('that was taken over is neither written under nor given back by who stood still', async () => {
    const folder = await newFolder()
    const [one, two] = [await Locks.open(folder), await Locks.open(folder)]
    const path = join(folder, 'state')
    await one.take(path)
    await one.check(path)
    await rm(`${path}.lock`)
    await refused('LOCKED', one.check(path))
    await two.take(path)
    await refused('LOCKED', one.check(path))
    await one.release(path)
    await two.check(path)
    await one.close()
    await two.close()
  })

  it('of an owner that stood still is its own again when it goes on, unless another has it', async () => {
    const folder = await newFolder()
    const one = await Locks.open(folder)
    const path = join(folder, 'state')
    await one.take(path)
    const [file] = (await readdir(folder)).filter((name) => name.startsWith('.owner')) as [string]
    // as one of another container sees it
    const text = JSON.parse(await readFile(join(folder, file), 'utf8'))
    await writeFile(join(folder, file), JSON.stringify({ ...text, place: 'elsewhere' }))
    await utimes(join(folder, file), 1000, Date.now() / 1000 - 3600)
    const two = await Locks.open(folder)
    expect(await readdir(folder)).toContain(file)
    // it shows that it lives
    await utimes(join(folder, file), 1000, Date.now() / 1000)
    await one.take(join(folder, 'another'))
    await one.check(path)
    await refused('LOCKED', two.take(join(folder, 'another')))
    await one.close()
    await two.close()
  })

  it('that was cut off is anybody’s', async () => {
    const folder = await newFolder()
    const locks = await Locks.open(folder)
    const cut = join(folder, 'cut')
    await writeFile(`${cut}.lock`, '')
    expect(await locks.take(cut)).toBe(true)
    await locks.close()
  })

  it.runIf(process.platform === 'linux')(
    'knows a process by its start, and an ended one that nobody asked for',
    async () => {
      expect(await startOf(process.pid)).toMatch(/^[0-9a-f-]{36}\/\d+$/)
      expect(await startOf(process.pid)).toBe(await startOf(process.pid))
      expect(await startOf(2 ** 22 + 1)).toBeNull()
      const parent = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 30'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const [told] = await once(parent.stdout, 'data')
      await expect.poll(() => startOf(Number(String(told)))).toBeNull()
      await killed(parent)
    },
  )
})
