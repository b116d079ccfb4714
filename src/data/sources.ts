import { open } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Encoded } from './idx.ts'

/** How far a download has come. `total` is null where the sender does not say. */
export interface LoadProgress {
  /** The file's name, as its set calls it. */
  readonly file: string
  /** Where it comes from. */
  readonly source: string
  /** Bytes received so far, as they were sent (gzip counts compressed). */
  readonly bytes: number
  /** Bytes to come in all, or null where the server does not say. */
  readonly total: number | null
}

/** What a source is given with every file it is asked for. */
export interface SourceContext {
  readonly signal: AbortSignal
  report(event: LoadProgress): void
}

/** A place that may have a set's files. It lives for one load, so it may remember what failed. */
export interface Source {
  readonly name: string
  /** Whether a wrong file there is the user's own copy, which is worth an error of its own. */
  readonly local: boolean
  /** Rejects, with the reason as its message, when the source cannot supply the file. */
  open(file: string, context: SourceContext): Promise<Encoded>
  close?(): Promise<void>
}

/** A folder with `<file><suffix>`. */
export function folderSource(name: string, folder: string, suffix: '' | '.gz' = ''): Source {
  return { name, local: true, open: (file) => openFile(join(folder, `${file}${suffix}`)) }
}

/** The folder `folder` of an installed npm package, of which nothing is executed. */
export function packageSource(packageName: string, folder: string): Source {
  const name = `the npm package ${packageName}`
  return {
    name,
    local: true,
    async open(file) {
      let manifest: string
      try {
        manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`)
      } catch (error) {
        throw new Error('it is not installed', { cause: error })
      }
      return openFile(join(dirname(manifest), folder, file))
    },
  }
}

/** A file's bytes. The caller must iterate over them: that is what closes the file. */
export async function openFile(path: string): Promise<Encoded> {
  try {
    const handle = await open(path)
    const { size } = await handle.stat()
    return { chunks: handle.createReadStream({ highWaterMark: 1 << 20 }), size }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new Error(`there is no file ${path}`, { cause: error })
  }
}

/** The innermost cause of an error, in words: `fetch` and others hide it behind general ones. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof TypeError && error.cause !== undefined) return reasonOf(error.cause)
  return error.message || codeOf(error) || error.name
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
