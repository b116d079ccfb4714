import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolder, writeAtomically } from '../../src/data/cache.ts'
import { temporaryFolder } from './fixtures.ts'

describe('cacheFolder', () => {
  it.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['PALIMPSEST_DATA', 'linux', { PALIMPSEST_DATA: '/data', XDG_CACHE_HOME: '/xdg', HOME: '/me' }, '/data'],
    ['an empty PALIMPSEST_DATA', 'linux', { PALIMPSEST_DATA: '', HOME: '/me' }, '/me/.cache/palimpsest'],
    ['XDG_CACHE_HOME', 'linux', { XDG_CACHE_HOME: '/xdg', HOME: '/me' }, '/xdg/palimpsest'],
    ['a relative XDG_CACHE_HOME', 'linux', { XDG_CACHE_HOME: 'xdg', HOME: '/me' }, '/me/.cache/palimpsest'],
    ['macOS', 'darwin', { XDG_CACHE_HOME: '/xdg', HOME: '/Users/me' }, '/Users/me/Library/Caches/palimpsest'],
    ['LOCALAPPDATA', 'win32', { LOCALAPPDATA: '/local', HOME: '/me' }, '/local/palimpsest'],
    ['Windows without it', 'win32', { HOME: '/me' }, '/me/AppData/Local/palimpsest'],
  ])('follows %s', (_, platform, env, expected) => {
    expect(cacheFolder(env, platform)).toBe(join(expected))
  })

  it('takes a relative PALIMPSEST_DATA from the working folder', () => {
    expect(cacheFolder({ PALIMPSEST_DATA: 'sets' })).toBe(resolve('sets'))
  })
})

describe('writeAtomically', () => {
  it('shows a whole file or none while many write it', async () => {
    const folder = join(await temporaryFolder(), 'deep', 'er')
    const contents = Array.from({ length: 12 }, (_, at) => new Uint8Array(300_000).fill(at + 1))
    let writing = true
    const writers = Promise.all(
      contents.map((bytes) => writeAtomically(folder, 'file', [bytes.subarray(0, 9), bytes.subarray(9)])),
    )
    const reader = (async () => {
      while (writing) {
        const bytes = await readFile(join(folder, 'file')).catch(() => null)
        if (bytes !== null) expect(bytes.equals(new Uint8Array(300_000).fill(bytes[0] ?? 0))).toBe(true)
      }
    })()
    await writers.finally(() => {
      writing = false
    })
    await reader
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('leaves the old file and nothing else when it fails half way', async () => {
    const folder = await temporaryFolder()
    await writeAtomically(folder, 'file', [Buffer.from('old')])
    const broken = [Buffer.from('new'), 7 as unknown as Uint8Array]
    await expect(writeAtomically(folder, 'file', broken)).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['file'])
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old')
  })

  it('leaves nothing when the name is taken by a folder', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'file', 'inner'), { recursive: true })
    await expect(writeAtomically(folder, 'file', [Buffer.from('new')])).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['file'])
  })

  it('removes what a process that died left behind, but not what another is writing', async () => {
    const folder = await temporaryFolder()
    for (const name of ['.file.tmp-1-old', '.file.tmp-2-new', '.other.tmp-1-old'])
      await writeFile(join(folder, name), '')
    const yesterday = Date.now() / 1000 - 86_400
    for (const name of ['.file.tmp-1-old', '.other.tmp-1-old']) await utimes(join(folder, name), yesterday, yesterday)
    await writeAtomically(folder, 'file', [Buffer.from('new')])
    expect((await readdir(folder)).sort()).toEqual(['.file.tmp-2-new', '.other.tmp-1-old', 'file'])
  })
})
