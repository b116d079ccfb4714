import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { PalimpsestError } from '../../bindings/errors.ts'
import { CHECKSUM, checksumIn, frontOf, verifyFront } from './checksum.ts'
import { malformed } from './dtypes.ts'
import { bytesOf, FIRST, LARGEST, named } from './file.ts'
import { type Entry, headerLength, headerOf, PREFIX } from './header.ts'
import { decodeSafetensors, type Stored, storedIn } from './safetensors.ts'

/** What of a file can be read, and trusted, without the rest. */
export interface Front {
  /** the tensors in front, and all metadata */
  readonly stored: Stored
  /** the other tensors, as the header describes them */
  readonly rest: readonly Entry[]
  /** of the whole file, by its header: tells it from others */
  readonly checksum: string
}

/**
 * Reads the front of a file, at once: this thread waits. The header is checked against the file's size, header and front by
 * their checksum. Returns null for a file that has none: only `readStored` can tell what that is.
 * @throws PalimpsestError as `readStored`
 */
export function readFront(path: string): Front | null {
  try {
    // before opening: a pipe would wait for its writer
    if (!statSync(path).isFile()) throw malformed('it is no regular file')
    const file = openSync(path, 'r')
    try {
      return frontIn(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw named(path, error)
  }
}

/**
 * The whole of a file whose front was read before, by its checksum.
 * @throws PalimpsestError `STATE_MISMATCH` when it was replaced since; as `readStored`
 */
export async function readWhole(path: string, checksum: string): Promise<Stored> {
  try {
    const bytes = await bytesOf(path, LARGEST)
    const stored = decodeSafetensors(bytes)
    if (checksumIn(bytes) === checksum) return stored
    throw new PalimpsestError('STATE_MISMATCH', 'another file was put in its place since it was opened')
  } catch (error) {
    throw named(path, error)
  }
}

function frontIn(file: number): Front | null {
  const { size } = fstatSync(file)
  if (size > LARGEST) throw malformed(`it has ${size} bytes, expected at most ${LARGEST}`)
  const first = bytesUpTo(file, Math.min(size, FIRST), new Uint8Array())
  const start = PREFIX + headerLength(first, size)
  const head = bytesUpTo(file, start, first)
  const { entries, metadata } = headerOf(head.subarray(PREFIX, start), size - start)
  const length = frontOf(metadata)
  if (length === null) return null
  const ahead = entries.filter(({ end }) => end <= length)
  const rest = entries.filter(({ end }) => end > length)
  if (!ahead.some(({ end }) => end === length)) throw malformed(`the front ends at ${length}, where no tensor ends`)
  const bytes = bytesUpTo(file, start + length, head).subarray(0, start + length)
  verifyFront(bytes, metadata)
  return { stored: storedIn(bytes.subarray(start), ahead, metadata), rest, checksum: metadata.get(CHECKSUM) as string }
}

/** so many bytes of a file from its start, or more: those that are there already */
function bytesUpTo(file: number, length: number, there: Uint8Array): Uint8Array {
  if (length <= there.length) return there
  const bytes = new Uint8Array(length)
  bytes.set(there)
  for (let at = there.length; at < length; ) {
    const read = readSync(file, bytes, at, length - at, at)
    if (read === 0) throw malformed(`it ended after ${at} bytes, expected ${length}`)
    at += read
  }
  return bytes
}
