import { createHash } from 'node:crypto'
import { PalimpsestError } from '../../bindings/errors.ts'
import { sharedBytes } from './set.ts'

/** An array of unsigned bytes, as an IDX file holds it. */
export interface Idx {
  /** Sizes of the axes, as the header gives them. */
  readonly dimensions: readonly number[]
  /** Row-major, in shared memory. */
  readonly data: Uint8Array
  /** Of the raw file, header included, in lower-case hexadecimal. */
  readonly sha256: string
}

/** Takes an IDX file's raw bytes as they come and puts them into their final place at once. */
export interface IdxSink {
  write(chunk: Uint8Array): void
  end(): Idx
}

/** What is known beforehand: the most bytes the array may have, and the raw file's size if it is known. */
export interface IdxBounds {
  readonly limit: number
  readonly size: number | null
}

/** An {@link IdxSink}. Both of its functions throw `DATA_MALFORMED` at the first byte that cannot be right. */
export function idxSink(name: string, bounds: IdxBounds): IdxSink {
  const hash = createHash('sha256')
  let head: Uint8Array = new Uint8Array(0)
  let dimensions: readonly number[] | null = null
  let data: Uint8Array = head
  let filled = 0
  return {
    write(chunk) {
      hash.update(chunk)
      let rest = chunk
      if (dimensions === null) {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
        dimensions = readDimensions(name, head)
        if (dimensions === null) return
        data = allocate(name, dimensions, bounds)
        rest = head.subarray(headerSize(dimensions.length))
      }
      if (filled + rest.length > data.length) throw malformed(name, `bytes are left over after ${shown(dimensions)}`)
      data.set(rest, filled)
      filled += rest.length
    },
    end() {
      if (dimensions === null)
        throw malformed(name, `it is truncated: it ends inside its header, at byte ${head.length}`)
      if (filled < data.length) {
        throw malformed(name, `it is truncated: ${shown(dimensions)} takes ${data.length} bytes, found ${filled}`)
      }
      return { dimensions, data, sha256: hash.digest('hex') }
    },
  }
}

/** The header that {@link idxSink} reads: two zero bytes, the type (8: unsigned bytes), the number of dimensions, and
 * each dimension as 4 bytes, the highest first. */
export function idxHeader(dimensions: readonly number[]): Uint8Array {
  const header = Buffer.alloc(headerSize(dimensions.length))
  header.set([0, 0, 8, dimensions.length])
  for (const [axis, size] of dimensions.entries()) header.writeUInt32BE(size, headerSize(axis))
  return header
}

/** The error for bytes that are not what they should be. */
export function malformed(name: string, message: string, cause?: unknown): PalimpsestError {
  return new PalimpsestError('DATA_MALFORMED', `${name}: ${message}`, { cause })
}

/** Null when more bytes are needed. */
function readDimensions(name: string, head: Uint8Array): number[] | null {
  const [zero, alsoZero, type, rank] = head
  if (type === undefined || rank === undefined) return null
  if (zero !== 0 || alsoZero !== 0) {
    throw malformed(
      name,
      `it is not an IDX file: its magic number is ${Buffer.from(head.subarray(0, 4)).toString('hex')}`,
    )
  }
  if (type !== 8) throw malformed(name, `its elements have type 0x${type.toString(16)}, expected 0x8 (unsigned bytes)`)
  if (rank === 0) throw malformed(name, 'it has no dimension')
  if (head.length < headerSize(rank)) return null
  const view = new DataView(head.buffer, head.byteOffset, headerSize(rank))
  return Array.from({ length: rank }, (_, axis) => view.getUint32(headerSize(axis)))
}

function allocate(name: string, dimensions: readonly number[], bounds: IdxBounds): Uint8Array {
  const length = dimensions.includes(0) ? 0 : dimensions.reduce((product, size) => product * size, 1)
  if (bounds.size !== null) {
    const found = bounds.size - headerSize(dimensions.length)
    const sizes = `${shown(dimensions)} takes ${length} bytes, found ${found}`
    if (found < length) throw malformed(name, `it is truncated: ${sizes}`)
    if (found > length) throw malformed(name, `bytes are left over: ${sizes}`)
  }
  if (length > bounds.limit) {
    throw malformed(name, `its header announces ${shown(dimensions)}, more than the ${bounds.limit} bytes it can hold`)
  }
  try {
    return sharedBytes(length)
  } catch (error) {
    throw malformed(name, `${shown(dimensions)} does not fit into memory`, error)
  }
}

function headerSize(rank: number): number {
  return 4 + 4 * rank
}

function shown(dimensions: readonly number[]): string {
  return `[${dimensions.join(', ')}]`
}
