import { bytesOf, malformed, quoted, READ } from './dtypes.ts'
import { Scanner } from './scanner.ts'

/** the header's length comes first, in so many bytes */
export const PREFIX = 8
/** the reference implementation's limit */
export const MOST_HEADER = 100_000_000
const MOST_AXES = 64

/** One tensor, as a header describes it: bytes `begin` to `end` of the data. */
export interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** A header that was found valid. */
export interface Header {
  readonly entries: readonly Entry[]
  readonly metadata: ReadonlyMap<string, string>
}

/** How long the header is, by the first bytes of a file of `size` bytes. @throws PalimpsestError `STATE_MALFORMED` */
export function headerLength(bytes: Uint8Array, size: number): number {
  if (bytes.length < PREFIX) throw malformed(`the file has ${size} bytes, expected at least ${PREFIX + 2}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX)
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
  const most = Math.min(MOST_HEADER, size - PREFIX)
  if (length < 2 || length > most) throw malformed(`the header's length is ${length}, expected 2 to ${most}`)
  return length
}

/**
 * Reads a header. The tensors fill `size` bytes of data without overlap and without a hole, each as long as its shape says.
 * @throws PalimpsestError `STATE_MALFORMED`
 */
export function headerOf(bytes: Uint8Array, size: number): Header {
  if (bytes[0] !== 0x7b) throw malformed(`the header begins with byte ${bytes[0]}, expected {`)
  const scanner = new Scanner(decoded(bytes))
  const entries: Entry[] = []
  const metadata = new Map<string, string>()
  scanner.object((name) => {
    if (name === '__metadata__') scanner.object((key) => metadata.set(key, scanner.string()))
    else entries.push(entryOf(name, scanner))
  })
  scanner.end()
  checkLayout(entries, size)
  return { entries, metadata }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw malformed('the header is no UTF-8', { cause })
  }
}

function entryOf(name: string, scanner: Scanner): Entry {
  let dtype: string | undefined
  let shape: readonly number[] | undefined
  let offsets: readonly number[] | undefined
  scanner.object((key) => {
    if (key === 'dtype') dtype = scanner.string()
    else if (key === 'shape') shape = scanner.wholes(MOST_AXES)
    else if (key === 'data_offsets') offsets = scanner.wholes(2)
    else throw malformed(`${quoted(name)} has ${quoted(key)}, expected dtype, shape and data_offsets`)
  })
  const [begin, end] = offsets ?? []
  if (dtype === undefined || !shape || begin === undefined || end === undefined)
    throw malformed(`${quoted(name)} lacks a part of dtype, shape and data_offsets`)
  const bytes = bytesOf(dtype)
  if (bytes === undefined)
    throw malformed(`${quoted(name)} has dtype ${quoted(dtype)}, expected one of ${READ.join(', ')}`)
  // a product that is not exact is beyond any file
  const length = shape.reduce((product, axis) => (Number.isSafeInteger(product * axis) ? product * axis : NaN), bytes)
  if (end - begin !== length)
    throw malformed(
      `${quoted(name)} has the bytes ${begin} to ${end}, expected ${length} of them for ${dtype} [${shape}]`,
    )
  return { name, dtype, shape, begin, end }
}

function checkLayout(entries: readonly Entry[], size: number): void {
  let at = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw malformed(
        `${quoted(name)} begins at ${begin}, expected ${at}: tensors ${begin < at ? 'overlap' : 'leave a hole'}`,
      )
    at = end
  }
  if (at !== size) throw malformed(`the tensors end at ${at}, expected ${size}, where the file ends`)
}
