import { join } from 'node:path'
import { type ErrorCode, PalimpsestError } from '../../bindings/errors.ts'
import { writeAtomically } from './cache.ts'
import { type CatalogueEntry, type CatalogueFile, filesOf } from './catalogue.ts'
import { decodeIdx, type Idx, setFromIdx } from './idx.ts'
import { idxHeader } from './idx-sink.ts'
import type { LabelledSet } from './set.ts'
import { folderSource, type LoadProgress, reasonOf, type Source, type SourceContext } from './sources.ts'

/** A set as it is published. */
export interface TrainAndTest {
  /** What to learn from. */
  readonly train: LabelledSet
  /** What to judge by. */
  readonly test: LabelledSet
}

export interface AcquireOptions {
  /** Hears of downloads. */
  readonly onProgress?: ((event: LoadProgress) => void) | undefined
  /** Ends the load, by its reason. */
  readonly signal?: AbortSignal | undefined
}

interface Attempt {
  readonly source: Source
  readonly reason: string
  readonly wrong: boolean
}

/** A catalogued set from the cache folder `cache`, else from the first source that has it, which the cache then keeps. */
export async function acquire(
  entry: CatalogueEntry,
  cache: string,
  sources: readonly Source[],
  options: AcquireOptions = {},
): Promise<TrainAndTest> {
  const folder = join(cache, entry.folder)
  const cached = folderSource('the cache', folder)
  const all = [cached, folderSource('the cache (.gz)', folder, '.gz'), ...sources]
  const context = contextOf(options)
  let keeps = true
  const get = async (file: CatalogueFile): Promise<Idx> => {
    const attempts: Attempt[] = []
    for (const source of all) {
      context.signal.throwIfAborted()
      try {
        const idx = await read(file, source, context)
        if (source !== cached && keeps) keeps = await keep(folder, file, idx)
        return idx
      } catch (error) {
        context.signal.throwIfAborted()
        attempts.push({ source, reason: reasonOf(error), wrong: error instanceof PalimpsestError })
      }
    }
    throw missing(entry, folder, file, attempts)
  }
  const pair = async (name: string, files: CatalogueEntry['train']): Promise<LabelledSet> =>
    setFromIdx({ name, images: await get(files.images), labels: await get(files.labels), classes: entry.classes })
  try {
    const train = await pair(`${entry.folder}/train`, entry.train)
    return { train, test: await pair(`${entry.folder}/test`, entry.test) }
  } finally {
    await Promise.allSettled(sources.map((source) => source.close?.()))
  }
}

async function read(file: CatalogueFile, source: Source, context: SourceContext): Promise<Idx> {
  const encoded = await source.open(file.file, context)
  const idx = await decodeIdx(
    file.file,
    encoded,
    file.dimensions.reduce((product, size) => product * size, 1),
  )
  if (idx.sha256 === file.sha256) return idx
  throw new PalimpsestError('DATA_CORRUPT', `${file.file}: its sha256 is ${idx.sha256}, expected ${file.sha256}`)
}

/** Whether it worked. */
async function keep(folder: string, file: CatalogueFile, idx: Idx): Promise<boolean> {
  try {
    await writeAtomically(folder, file.file, [idxHeader(idx.dimensions), idx.data])
    return true
  } catch (error) {
    // the set is whole in memory: a folder that cannot be written costs time at the next start, no more
    process.emitWarning(`${file.file} could not be kept in ${folder}: ${reasonOf(error)}`, 'PalimpsestWarning')
    return false
  }
}

/** A callback that throws ends the load with its own error. */
function contextOf({ onProgress, signal }: AcquireOptions): SourceContext {
  const stop = new AbortController()
  return {
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    report(event) {
      try {
        onProgress?.(event)
      } catch (error) {
        stop.abort(error)
        throw error
      }
    },
  }
}

function missing(entry: CatalogueEntry, folder: string, file: CatalogueFile, attempts: readonly Attempt[]): Error {
  const code: ErrorCode = attempts.some(({ source, wrong }) => wrong && source.local) ? 'DATA_CORRUPT' : 'DATA_MISSING'
  const tried = attempts.map(({ source, reason }) => `  - ${source.name}: ${reason}`)
  const names = filesOf(entry).map((each) => each.file)
  const lines = [
    `${entry.title}: no source has a sound ${file.file}. Tried, in this order:`,
    ...tried,
    `To supply the set by hand, put these files, raw or with gzip as <name>.gz, into ${folder}:`,
    `  ${names.join(', ')}`,
    `or set PALIMPSEST_DATA to a folder that has them in its folder ${entry.folder}.`,
  ]
  return new PalimpsestError(code, lines.join('\n'))
}
