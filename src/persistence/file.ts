import { type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { PalimpsestError } from '../../bindings/errors.ts'
import { malformed } from './dtypes.ts'
import { type Entry, headerLength, headerOf, PREFIX } from './header.ts'
import { decodeSafetensors, type Stored } from './safetensors.ts'
import { temporaryFor } from './temporary.ts'

/** How {@link readStored} reads. */
export interface ReadOptions {
  /** bytes that a file may have, default 2^32: a larger one is refused before it is read */
  readonly largest?: number
}

// of a file: what is read at first, which holds most headers
export const FIRST = 65_536
/** bytes that a file may have, where nobody says otherwise */
export const LARGEST: number = 2 ** 32
// of a file: what one call reads
const MOST_READ = 2 ** 30

// by path: the last write that was asked for
const writing = new Map<string, Promise<unknown>>()

/**
 * Puts a file in place of what is at `path`, wholly or not at all: written beside it, flushed to the disk, renamed. When the
 * promise is fulfilled it outlasts a loss of power; when it is rejected, or the process dies, the old file is still there.
 * Writes to one path follow each other in the order of their calls, so that none undoes a later one.
 * Its own file is removed again unless the process dies, which leaves `.<name>.<writer>.<random>.tmp`: the next process of
 * this machine that writes into the folder removes it.
 * @param parts - written one after another; not to be changed before the promise settles.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a folder or a device; what the file system says, such as ENOSPC or EACCES
 */
export function writeAtomically(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const key = resolve(path)
  const turn = (writing.get(key) ?? Promise.resolve()).then(() => replace(path, parts))
  const settled: Promise<unknown> = turn
    .catch(() => undefined)
    .then(() => {
      if (writing.get(key) === settled) writing.delete(key)
    })
  writing.set(key, settled)
  return turn
}

async function replace(asked: string, parts: readonly Uint8Array[]): Promise<void> {
  const { path, mode } = await targetOf(asked)
  const temporary = await temporaryFor(path)
  try {
    const file = await open(temporary, 'wx')
    try {
      if (mode !== null) await file.chmod(mode)
      await writeAll(file, parts)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Where a link leads, so that it stays one, and the mode of what is there, which stays as well.
 * @throws PalimpsestError `INVALID_ARGUMENT` for what is there and no file
 */
async function targetOf(path: string): Promise<{ readonly path: string; readonly mode: number | null }> {
  try {
    const target = await realpath(path)
    const found = await stat(target)
    if (found.isFile()) return { path: target, mode: found.mode & 0o777 }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // of a link that leads nowhere yet
    const to = await readlink(path).catch(() => null)
    return to === null ? { path, mode: null } : targetOf(resolve(dirname(path), to))
  }
  throw new PalimpsestError('INVALID_ARGUMENT', `${path} is there, and no regular file`)
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  const total = parts.reduce((sum, { length }) => sum + length, 0)
  let written = (await file.writev(parts)).bytesWritten
  // a disk that fills up takes a part only, and says why at the next attempt
  while (written < total) {
    let at = 0
    const rest = parts.flatMap((part) => {
      const from = Math.min(part.length, Math.max(0, written - at))
      at += part.length
      return from < part.length ? [part.subarray(from)] : []
    })
    written += (await file.writev(rest)).bytesWritten
  }
}

/** Flushes what was renamed or removed in a folder: that itself is data of the folder. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder, and needs not
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Reads a safetensors file. Its header is checked against its size before memory is taken for the rest.
 * @throws PalimpsestError `STATE_MISSING` when there is none, `STATE_MALFORMED`, `STATE_VERSION`; what the file system says
 */
export async function readStored(path: string, { largest = LARGEST }: ReadOptions = {}): Promise<Stored> {
  try {
    return decodeSafetensors(await bytesOf(path, largest))
  } catch (error) {
    throw named(path, error)
  }
}

/** @throws as {@link readStored}, but for names */
export async function bytesOf(path: string, largest: number): Promise<Uint8Array> {
  // before opening: a pipe would wait for its writer
  if (!(await stat(path)).isFile()) throw malformed('it is no regular file')
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size > largest) throw malformed(`it has ${size} bytes, expected at most ${largest}`)
    let bytes = new Uint8Array(Math.min(size, FIRST))
    await fill(file, bytes, 0)
    const start = PREFIX + headerLength(bytes, size)
    if (start > bytes.length) {
      const first = bytes
      bytes = new Uint8Array(start)
      bytes.set(first)
      await fill(file, bytes, first.length)
    }
    if (size === bytes.length) return bytes
    const whole = memoryFor(size, start, headerOf(bytes.subarray(PREFIX, start), size - start).entries)
    whole.set(bytes)
    await fill(file, whole, bytes.length)
    return whole
  } finally {
    await file.close()
  }
}

/** for a file whose data begin at `start`; the largest tensor begins at a multiple of 8 bytes, and need not be copied */
function memoryFor(size: number, start: number, entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const lengthOf = ({ begin, end }: Entry) => end - begin
  const { begin } = entries.reduce((most, entry) => (lengthOf(entry) > lengthOf(most) ? entry : most))
  return new Uint8Array(new ArrayBuffer(size + 8), 8 - ((start + begin) % 8), size)
}

/** bytes from this place to the end, out of the file at the same place */
async function fill(file: FileHandle, bytes: Uint8Array, from: number): Promise<void> {
  while (from < bytes.length) {
    const { bytesRead } = await file.read(bytes, from, Math.min(bytes.length - from, MOST_READ), from)
    if (bytesRead === 0) throw malformed(`it ended after ${from} bytes, expected ${bytes.length}`)
    from += bytesRead
  }
}

/** the same with the file's name, and a code for a file that is not there */
export function named(path: string, error: unknown): unknown {
  if (error instanceof PalimpsestError)
    return new PalimpsestError(error.code, `${path}: ${error.message}`, { cause: error })
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new PalimpsestError('STATE_MISSING', `${path}: there is no such file`, { cause: error })
  return error
}
