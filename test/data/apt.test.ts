import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { acquire } from '../../src/data/acquire.ts'
import { aptSource } from '../../src/data/apt.ts'
import type { LoadProgress } from '../../src/data/sources.ts'
import { failure, temporaryFolder, tinySet } from './fixtures.ts'

const { entry, files } = tinySet()

afterEach(() => vi.unstubAllEnvs())

/** Stand-ins for apt-get and dpkg, first on the path, and a temporary folder to look into afterwards. */
async function standIns(aptGet: string | null): Promise<{ temporary: string; log: string; cache: string }> {
  const folder = await temporaryFolder()
  const [bin, served, temporary] = ['bin', 'served', 'temporary'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const each of [bin, served, temporary]) await mkdir(each)
  for (const [name, raw] of files) await writeFile(join(served, `${name}.gz`), gzipSync(raw))
  const scripts = { 'apt-get': aptGet, dpkg: 'mkdir -p "$3/usr/share" && cp -r "$SERVED" "$3/usr/share/tiny"' }
  for (const [name, script] of Object.entries(scripts)) {
    if (script === null) continue
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$LOG"\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const log = join(folder, 'log')
  vi.stubEnv('PATH', aptGet === null ? bin : `${bin}${delimiter}${process.env.PATH}`)
  vi.stubEnv('SERVED', served)
  vi.stubEnv('LOG', log)
  vi.stubEnv('TMPDIR', temporary)
  return { temporary, log, cache: join(folder, 'cache') }
}

const source = () => aptSource('dataset-tiny', 'usr/share/tiny')

describe.skipIf(process.platform === 'win32')('aptSource', () => {
  it('updates lists of its own, downloads once, unpacks, and leaves nothing behind', async () => {
    const { temporary, log, cache } = await standIns(
      'case "$*" in *download*) printf 0123456789 > tiny_1_all.deb; sleep 0.3;; esac',
    )
    const events: LoadProgress[] = []
    const onProgress = (event: LoadProgress): number => events.push(event)
    const { train } = await acquire(entry, cache, [source()], { onProgress })
    expect(train.count).toBe(6)
    const calls = (await readFile(log, 'utf8')).trim().split('\n')
    expect(calls).toHaveLength(3)
    for (const call of calls.slice(0, 2))
      expect(call).toMatch(/-o Dir::State::Lists=\S+ -o Dir::Cache=\S+ (update|download dataset-tiny)$/)
    expect(calls[2]).toMatch(/^dpkg -x \S+tiny_1_all\.deb \S+$/)
    expect(events.at(-1)).toEqual({ file: 'dataset-tiny.deb', source: 'apt-get', bytes: 10, total: null })
    expect(await readdir(temporary)).toEqual([])
  })

  it.each([
    ['is absent', null, 'apt-get is not installed'],
    [
      'does not know the package',
      'case "$*" in *download*) echo "W: noise" >&2; echo "E: Unable to locate package" >&2; exit 100;; *) echo "W: Failed to fetch it" >&2;; esac',
      'E: Unable to locate package / W: Failed to fetch it',
    ],
    ['leaves no file', 'exit 0', 'it left no package file'],
  ])('says so when apt-get %s', async (_, script, expected) => {
    const { temporary, cache } = await standIns(script)
    const error = await failure(acquire(entry, cache, [source()]), 'DATA_MISSING')
    expect(error.message).toContain(`apt-get download dataset-tiny: ${expected}\n`)
    expect(await readdir(temporary)).toEqual([])
  })

  it('ends apt-get when the signal aborts', async () => {
    const { temporary, cache } = await standIns('exec sleep 30')
    const controller = new AbortController()
    const { signal } = controller
    setTimeout(() => controller.abort(new Error('enough')), 300)
    const started = performance.now()
    await expect(acquire(entry, cache, [source()], { signal })).rejects.toThrow('enough')
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(await readdir(temporary)).toEqual([])
  })
})
