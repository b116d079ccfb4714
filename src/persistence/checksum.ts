import { crc32 } from 'node:zlib'
import { PalimpsestError } from '../../bindings/errors.ts'
import { malformed, quoted } from './dtypes.ts'

/** of the metadata: the checksum of all bytes of the file, itself taken as zeros, in 8 hexadecimal digits */
export const CHECKSUM = 'palimpsest.crc32'
/** of the metadata: says that there is a checksum, so that no flipped bit can take it away unseen; and which layout it is */
export const CONTAINER = 'palimpsest.container'
/**
 * of the metadata, where a file has a front, which can be read without the rest: the checksum of header and front, with the
 * digits of both checksums taken as zeros, and how many bytes of data are in front
 */
export const FRONT = 'palimpsest.front'
/** the layout that is written */
export const CONTAINER_VERSION = 1
/** what the checksum is computed with in its own place */
export const ZEROS = '00000000'

/** how the header of every sealed file begins */
const OPENING = Buffer.from(`{"__metadata__":{"${CHECKSUM}":"`)
const AT = 8 + OPENING.length
const BETWEEN = Buffer.from(`","${FRONT}":"`)
const FRONT_AT = AT + 8 + BETWEEN.length
const NONE = Buffer.from(ZEROS)

/** goes on from a sum; zlib starts anew when it is given no bytes */
const onward = (sum: number, bytes: Uint8Array): number => (bytes.length === 0 ? sum : crc32(bytes, sum))

const hex = (sum: number): string => sum.toString(16).padStart(8, '0')

/**
 * Writes the checksum of a file, given in parts, into the first of them, which begins with the header's length.
 * @param front - how many of the other parts are in front; with some, the front's own checksum is written as well
 */
export function seal(head: Uint8Array, data: readonly Uint8Array[], front: number): void {
  if (front > 0) head.set(Buffer.from(hex(data.slice(0, front).reduce(onward, crc32(head)))), FRONT_AT)
  head.set(Buffer.from(hex(data.reduce(onward, crc32(head)))), AT)
}

/** @throws PalimpsestError `STATE_MALFORMED` unless a sealed file has the bytes it was sealed with; `STATE_VERSION` */
export function verify(bytes: Uint8Array, metadata: ReadonlyMap<string, string>): void {
  const [kept, container] = [metadata.get(CHECKSUM), metadata.get(CONTAINER)]
  if (kept === undefined && container === undefined) return
  if (kept === undefined) throw malformed(`the metadata have ${CONTAINER} and no ${CHECKSUM}`)
  checkPlace(bytes, OPENING, AT, CHECKSUM)
  checkSum([bytes.subarray(0, AT), NONE, bytes.subarray(AT + 8)], kept)
  if (container !== String(CONTAINER_VERSION))
    throw new PalimpsestError(
      'STATE_VERSION',
      `the file has ${CONTAINER} ${quoted(container ?? 'none')}, this release reads ${CONTAINER_VERSION}`,
    )
}

/** The checksum that a sealed file says it has. */
export const checksumIn = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(AT, AT + 8)).toString('latin1')

/** How many bytes of data are in front; null unless it is a file of ours, of this layout, that has a front. */
export function frontOf(metadata: ReadonlyMap<string, string>): number | null {
  const front = metadata.get(FRONT)
  if (front === undefined || !metadata.has(CHECKSUM) || metadata.get(CONTAINER) !== String(CONTAINER_VERSION))
    return null
  const length = Number(front.slice(9))
  if (!/^[0-9a-f]{8} [1-9][0-9]*$/.test(front) || !Number.isSafeInteger(length))
    throw malformed(`${FRONT} is ${quoted(front)}, expected a checksum and a length`)
  return length
}

/** @throws PalimpsestError `STATE_MALFORMED` unless header and front, which are these bytes, are what was sealed */
export function verifyFront(bytes: Uint8Array, metadata: ReadonlyMap<string, string>): void {
  checkPlace(bytes, OPENING, AT, CHECKSUM)
  checkPlace(bytes, BETWEEN, FRONT_AT, FRONT)
  const parts = [bytes.subarray(0, AT), NONE, bytes.subarray(AT + 8, FRONT_AT), NONE, bytes.subarray(FRONT_AT + 8)]
  checkSum(parts, metadata.get(FRONT)?.slice(0, 8) as string)
}

/** what is before a checksum is the same in all files, so that it lies where no parsing is needed to find it */
function checkPlace(bytes: Uint8Array, before: Uint8Array, at: number, name: string): void {
  if (Buffer.compare(before, bytes.subarray(at - before.length, at)) === 0) return
  throw malformed(`${name} is not in its place: another program wrote this file, without renewing it`)
}

function checkSum(parts: readonly Uint8Array[], kept: string): void {
  const sum = hex(parts.reduce(onward, 0))
  if (sum !== kept) throw malformed(`the checksum of the bytes is ${sum}, expected ${quoted(kept)}: they were changed`)
}
