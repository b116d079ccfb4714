import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readStored, writeAtomically } from '../../src/persistence/file.ts'
import { encodeSafetensors } from '../../src/persistence/safetensors.ts'
import { node } from '../bindings/child.ts'
import { rejection } from '../toy.ts'
import { fileOf, joined, plain, sample } from './stored.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-file-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const inside = async (name: string): Promise<string> => {
  await mkdir(join(folder, name))
  return join(folder, name, 'state.safetensors')
}

describe('writing', () => {
  it('makes a file, replaces it, and leaves nothing beside it', async () => {
    const path = await inside('replace')
    await writeAtomically(path, [Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])
    expect([...(await readFile(path))]).toEqual([1, 2, 3])
    await writeAtomically(path, encodeSafetensors(sample()))
    expect(plain(await readStored(path))).toEqual(plain(sample()))
    expect(await readdir(join(path, '..'))).toEqual(['state.safetensors'])
  })

  it('writes more parts than a system call takes', async () => {
    const path = await inside('parts')
    const parts = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(i & 255, i >> 8))
    await writeAtomically(path, parts)
    expect(new Uint8Array(await readFile(path))).toEqual(joined(parts))
  })

  it('of two that follow each other the second stays', async () => {
    const path = await inside('order')
    const slow = writeAtomically(path, [new Uint8Array(20_000_000)])
    const failing = writeAtomically(path, ['no bytes' as unknown as Uint8Array])
    await writeAtomically(join(path, '..', '.', 'state.safetensors'), [Uint8Array.of(2)])
    await slow
    await expect(failing).rejects.toThrow(TypeError)
    expect([...(await readFile(path))]).toEqual([2])
  })

  it('many at once leave one of them whole', async () => {
    const path = await inside('race')
    const all = Array.from({ length: 20 }, (_, i) => new Uint8Array(50_000).fill(i))
    await Promise.all(all.map((part) => writeAtomically(path, [part])))
    const found = await readFile(path)
    expect(found.length).toBe(50_000)
    expect(new Set(found).size).toBe(1)
    expect(await readdir(join(path, '..'))).toHaveLength(1)
  })

  it('that cannot succeed leaves the old file, and nothing beside it', async () => {
    const path = await inside('folder')
    await mkdir(path)
    await writeFile(join(path, 'old'), 'old')
    await expect(writeAtomically(path, [Uint8Array.of(1)])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await readdir(join(path, '..'))).toEqual(['state.safetensors'])
    expect(await readdir(path)).toEqual(['old'])
    await expect(writeAtomically(join(folder, 'none', 'x'), [])).rejects.toMatchObject({ code: 'ENOENT' })
  })

  const limited = (script: string) =>
    // a limit on the size of files stands for a full disk: a part is taken, then EFBIG
    spawnSync('bash', ['-c', `ulimit -f 8; trap '' XFSZ; exec "$0" "$@"`, process.execPath, '-e', script], {
      encoding: 'utf8',
    })

  it.skipIf(process.platform === 'win32')('onto a disk that fills up keeps the old file', async () => {
    const path = await inside('full')
    await writeAtomically(path, [Uint8Array.of(1, 2, 3)])
    const built = new URL('../../dist/src/persistence/file.js', import.meta.url).href
    const { stdout } = limited(
      `import(${JSON.stringify(built)}).then(({ writeAtomically }) =>
        writeAtomically(${JSON.stringify(path)}, [new Uint8Array(100000)])).then(() => console.log('written'), (e) => console.log(e.code))`,
    )
    expect(stdout.trim()).toBe('EFBIG')
    expect([...(await readFile(path))]).toEqual([1, 2, 3])
    expect(await readdir(join(path, '..'))).toEqual(['state.safetensors'])
  })
})

describe('what a process leaves that is killed while it writes', () => {
  const built = JSON.stringify(new URL('../../dist/src/persistence/file.js', import.meta.url).href)
  const write = (path: string, byte: number) =>
    `import(${built}).then(({ writeAtomically }) => writeAtomically(${JSON.stringify(path)}, [Uint8Array.of(${byte})]))`
  const written = async (path: string, byte: number) =>
    expect(await node(['-e', write(path, byte)], { timeout: 30_000 })).toMatchObject({ status: 0 })

  /** a process whose flush never ends, and the name of its file */
  async function stuck(path: string) {
    const child = spawn(process.execPath, [
      '-e',
      `require('node:fs').promises.open('.').then(async (any) => {
        await any.close()
        Object.getPrototypeOf(any).sync = () => new Promise(() => console.log('flushes'))
        setInterval(() => {}, 1000)
        ${write(path, 1)}
      })`,
    ])
    await once(child.stdout, 'data')
    const [name] = (await readdir(join(path, '..'))).filter((name) => name.endsWith('.tmp'))
    return { child, name: name as string }
  }

  it('stays while that lives, and is removed by the next process that writes there', async () => {
    const path = await inside('killed')
    const within = join(path, '..')
    const { child, name } = await stuck(path)
    await written(path, 2)
    expect((await readdir(within)).sort()).toEqual([name, 'state.safetensors'])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect([...(await readFile(path))]).toEqual([2])
    const [, host, pid] = /\.([0-9a-f]{8})-(\d+)-/.exec(name) as unknown as [string, string, string]
    expect(Number(pid)).toBe(child.pid)
    // a process that lives has its number now; of another machine's nothing is known for an hour; no file of ours
    const again = name.replace(`-${pid}-`, `-${process.pid}-`)
    const foreign = name.replace(host, host === '00000000' ? '00000001' : '00000000')
    const others = ['.state.safetensors.tmp', '.state.safetensors.0123456789abcdef.tmp', name.slice(1)]
    const old = foreign.replace('.tmp', '').replace(/[0-9a-f]{8}$/, '00000000.tmp')
    for (const other of [again, foreign, old, ...others]) await writeFile(join(within, other), '')
    const [hour] = [Date.now() / 1000 - 3601]
    await utimes(join(within, old), hour, hour)
    await written(join(within, 'another'), 3)
    expect((await readdir(within)).sort()).toEqual([foreign, 'another', 'state.safetensors', ...others].sort())
  })
})

describe('reading', () => {
  it('says that there is nothing', async () => {
    for (const path of [join(folder, 'nothing'), join(folder, 'no', 'folder'), join(import.meta.filename ?? '', 'x')])
      expect((await rejection(readStored(path))).code).toBe('STATE_MISSING')
  })

  it('refuses what is no file', async () => {
    expect((await rejection(readStored(folder))).code).toBe('STATE_MALFORMED')
  })

  it('refuses a file that is too large before it reads it', async () => {
    const path = await inside('large')
    await writeFile(path, joined(encodeSafetensors(sample())))
    const error = await rejection(readStored(path, { largest: 100 }))
    expect([error.code, error.message]).toEqual(['STATE_MALFORMED', expect.stringMatching(/expected at most 100/)])
    expect(error.message).toContain(path)
    await truncate(path, 3 * 2 ** 30)
    expect((await rejection(readStored(path))).code).toBe('STATE_MALFORMED')
  })

  it('takes no memory for a file that says it is large', async () => {
    const path = await inside('sparse')
    // 900 MB of zeros on disk: the header is too short for them, and far too long
    for (const header of [fileOf('{}'), fileOf('{}', new Uint8Array(), 800_000_000)]) {
      await writeFile(path, header)
      await truncate(path, 900_000_000)
      const before = process.memoryUsage().arrayBuffers
      expect((await rejection(readStored(path))).code).toBe('STATE_MALFORMED')
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
    }
  })

  it('reads headers and data of all sizes', async () => {
    const path = await inside('sizes')
    for (const [texts, numbers] of [
      [0, 0],
      [0, 100_000],
      [70_000, 1],
      [70_000, 100_000],
    ] as const) {
      const stored = {
        tensors: { x: { shape: [numbers], data: new Float32Array(numbers).map((_, i) => i) } },
        metadata: { text: 'x'.repeat(texts) },
      }
      await writeAtomically(path, encodeSafetensors(stored))
      expect(plain(await readStored(path))).toEqual(plain(stored))
    }
  })

  it('passes on what the file system says', async () => {
    const path = await inside('denied')
    await writeFile(path, 'x')
    await chmod(path, 0)
    // the superuser may read anything
    if (process.getuid?.() === 0) expect((await rejection(readStored(path))).code).toBe('STATE_MALFORMED')
    else await expect(readStored(path)).rejects.toMatchObject({ code: 'EACCES' })
  })
})
