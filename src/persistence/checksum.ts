import { crc32 } from 'node:zlib'
import { PalimpsestError } from '../../bindings/errors.ts'
import { malformed, quoted } from './dtypes.ts'

/** of the metadata: the checksum of all bytes of the file, itself taken as zeros, in 8 hexadecimal digits */
export const CHECKSUM = 'palimpsest.crc32'
/** of the metadata: says that there is a checksum, so that no flipped bit can take it away unseen; and which layout it is */
export const CONTAINER = 'palimpsest.container'
/** the layout that is written */
export const CONTAINER_VERSION = 1
/** what the checksum is computed with in its own place */
export const ZEROS = '00000000'

/** how the header of every sealed file begins: its checksum lies where no parsing is needed to find it */
const OPENING = Buffer.from(`{"__metadata__":{"${CHECKSUM}":"`)
const AT = 8 + OPENING.length
const NONE = Buffer.from(ZEROS)

/** goes on from a sum; zlib starts anew when it is given no bytes */
const onward = (sum: number, bytes: Uint8Array): number => (bytes.length === 0 ? sum : crc32(bytes, sum))

const hex = (sum: number): string => sum.toString(16).padStart(8, '0')

/** Writes the checksum of a file, given in parts, into the first of them, which begins with the header's length. */
export function seal(head: Uint8Array, rest: readonly Uint8Array[]): void {
  const sum = rest.reduce(onward, crc32(head))
  head.set(Buffer.from(hex(sum)), AT)
}

/** @throws PalimpsestError `STATE_MALFORMED` unless a sealed file has the bytes it was sealed with; `STATE_VERSION` */
export function verify(bytes: Uint8Array, metadata: ReadonlyMap<string, string>): void {
  const [kept, container] = [metadata.get(CHECKSUM), metadata.get(CONTAINER)]
  if (kept === undefined && container === undefined) return
  if (kept === undefined) throw malformed(`the metadata have ${CONTAINER} and no ${CHECKSUM}`)
  if (OPENING.compare(bytes, 8, AT) !== 0)
    throw malformed(
      `${CHECKSUM} is not the first of the metadata: another program wrote this file, without renewing it`,
    )
  const sum = hex([NONE, bytes.subarray(AT + 8)].reduce(onward, crc32(bytes.subarray(0, AT))))
  if (sum !== kept) throw malformed(`the checksum of the bytes is ${sum}, expected ${quoted(kept)}: they were changed`)
  if (container !== String(CONTAINER_VERSION))
    throw new PalimpsestError(
      'STATE_VERSION',
      `the file has ${CONTAINER} ${quoted(container ?? 'none')}, this release reads ${CONTAINER_VERSION}`,
    )
}
