import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as threads from 'node:worker_threads'
import { afterAll, expect } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import type * as serving from '../../src/serving/index.ts'
import type { ClassifierStore, StoreOptions } from '../../src/serving/index.ts'

export const INPUTS = 4
const url = new URL('../../dist/src/serving/index.js', import.meta.url)
/** workers run no TypeScript */
export const DIST: string = url.href

/** all threads that were started, to end some */
export const started: threads.Worker[] = []

const library = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof threads.Worker }
library.Worker = class extends library.Worker {
  constructor(...args: ConstructorParameters<typeof threads.Worker>) {
    super(...args)
    started.push(this)
  }
}
syncBuiltinESMExports()

if (!existsSync(fileURLToPath(url))) throw new Error("dist is missing: run 'npm run build' before the tests")
const { ClassifierStore: Store } = (await import(/* @vite-ignore */ DIST)) as typeof serving

const folders: string[] = []
const stores: ClassifierStore[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

export async function newFolder(): Promise<string> {
  folders.push(await mkdtemp(join(tmpdir(), 'palimpsest-store-')))
  return folders.at(-1) as string
}

export async function storeIn(folder: string, options: Partial<StoreOptions> = {}): Promise<ClassifierStore> {
  const store = await Store.open(folder, { inputs: INPUTS, workers: 1, ...options })
  stores.push(store)
  return store
}

/** Rows near the corner of each label's number. */
export function rowsOf(...labels: readonly string[]): [Float32Array, string[]] {
  const x = new Float32Array(labels.length * INPUTS)
  labels.forEach((label, row) => {
    x[row * INPUTS + (label.charCodeAt(0) % INPUTS)] = 1 + row / 100
  })
  return [x, [...labels]]
}

/** of dist, whose class is another than that of the sources */
export async function refused(code: ErrorCode, promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  expect(error).toMatchObject({ name: 'PalimpsestError', code })
  return error as Error
}
