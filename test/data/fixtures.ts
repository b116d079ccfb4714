import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import { PalimpsestError } from '../../bindings/errors.ts'
import { type CatalogueEntry, type CatalogueFile, filesOf } from '../../src/data/catalogue.ts'
import type { Encoded } from '../../src/data/idx.ts'
import { idxHeader } from '../../src/data/idx-sink.ts'
import type { Source } from '../../src/data/sources.ts'

/** A raw IDX file. */
export function idxFile(dimensions: readonly number[], data: Uint8Array): Uint8Array {
  return Buffer.concat([idxHeader(dimensions), data])
}

export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

/** What the promise or function fails with, which must be a PalimpsestError of that code. */
export async function failure(run: Promise<unknown> | (() => unknown), code: ErrorCode): Promise<PalimpsestError> {
  try {
    await (typeof run === 'function' ? run() : run)
  } catch (error) {
    if (!(error instanceof PalimpsestError) || error.code !== code) throw error
    return error
  }
  throw new Error(`expected ${code}, but nothing was thrown`)
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The address of a server on this machine that stops when the test ends. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A catalogued set of 6 + 2 samples of 2 x 3 bytes, and its raw files. */
export function tinySet(): { entry: CatalogueEntry; files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>()
  const file = (name: string, dimensions: readonly number[], value: (at: number) => number): CatalogueFile => {
    const length = dimensions.reduce((product, size) => product * size, 1)
    const raw = idxFile(
      dimensions,
      Uint8Array.from({ length }, (_, at) => value(at)),
    )
    files.set(name, raw)
    return { file: name, dimensions, sha256: createHash('sha256').update(raw).digest('hex') }
  }
  const pixel = (at: number): number => (at * 37 + 11) % 256
  const label = (at: number): number => at % 3
  const entry: CatalogueEntry = {
    title: 'Tiny',
    folder: 'tiny',
    classes: 3,
    train: { images: file('train-images', [6, 2, 3], pixel), labels: file('train-labels', [6], label) },
    test: { images: file('t10k-images', [2, 2, 3], pixel), labels: file('t10k-labels', [2], label) },
  }
  return { entry, files }
}

export function namesOf(entry: CatalogueEntry): string[] {
  return filesOf(entry).map(({ file }) => file)
}

/** A source that serves the files from memory, with gzip, and counts what it was asked for. */
export function memorySource(
  files: ReadonlyMap<string, Uint8Array>,
  name = 'memory',
): Source & { asked: string[]; closed: number; open(file: string): Promise<Encoded> } {
  const source = {
    name,
    local: false,
    asked: [] as string[],
    closed: 0,
    async open(file: string) {
      source.asked.push(file)
      const raw = files.get(file)
      if (raw === undefined) throw new Error(`${name} has no ${file}`)
      const bytes = gzipSync(raw)
      return { chunks: chunksOf(bytes, 16), size: bytes.length }
    },
    async close() {
      source.closed++
    },
  }
  return source
}
