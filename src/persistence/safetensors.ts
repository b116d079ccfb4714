import { PalimpsestError } from '../../bindings/errors.ts'
import { CHECKSUM, CONTAINER, CONTAINER_VERSION, FRONT, seal, verify, ZEROS } from './checksum.ts'
import { bytesOf, dtypeOf, numbersIn, quoted, type StoredNumbers } from './dtypes.ts'
import { type Entry, headerLength, headerOf, MOST_HEADER, PREFIX } from './header.ts'
import { isUnicode } from './scanner.ts'

/** An array with a shape, as a file holds it. */
export interface StoredTensor {
  /** sizes of the axes, 0 or more; none for a single number */
  readonly shape: readonly number[]
  /** as many numbers as the product of the shape, row-major */
  readonly data: StoredNumbers
}

/** What a file holds. */
export interface Stored {
  /** by name */
  readonly tensors: Readonly<Record<string, StoredTensor>>
  /** texts by name */
  readonly metadata: Readonly<Record<string, string>>
}

/** How {@link encodeSafetensors} lays a file out. */
export interface EncodeOptions {
  /** names of tensors that come first, with a checksum of their own: they can be read, and trusted, without the rest */
  readonly front?: readonly string[]
}

/**
 * A file of the safetensors format (github.com/huggingface/safetensors), in parts to be written one after another: a header,
 * then the memory of each tensor, without a copy. The header has a checksum of everything, in metadata of our own.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a name that is reserved or no Unicode, a shape, a metadatum that is no text, or
 * what no reader would take; `DTYPE`, `LENGTH`
 */
export function encodeSafetensors({ tensors, metadata }: Stored, { front = [] }: EncodeOptions = {}): Uint8Array[] {
  const parts = Object.entries(tensors).map(([name, { shape, data }]) => {
    const dtype = checkTensor(name, shape, data)
    return { name, dtype, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  })
  for (const [name, value] of Object.entries(metadata)) checkMetadatum(name, value)
  // the widest first: each then begins at a multiple of its width
  const width = (dtype: string) => bytesOf(dtype) as number
  const later = (name: string) => Number(!front.includes(name))
  parts.sort((a, b) => later(a.name) - later(b.name) || width(b.dtype) - width(a.dtype) || (a.name < b.name ? -1 : 1))
  let at = 0
  const described = parts.map(({ name, dtype, shape, bytes }) => {
    const begin = at
    at += bytes.length
    return member(name, { dtype, shape, data_offsets: [begin, at] })
  })
  const ahead = parts.filter(({ name }) => !later(name))
  const length = ahead.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const sealed = {
    [CHECKSUM]: ZEROS,
    ...(length > 0 ? { [FRONT]: `${ZEROS} ${length}` } : {}),
    [CONTAINER]: String(CONTAINER_VERSION),
  }
  const texts = [...Object.entries(sealed), ...Object.entries(metadata)].map(([name, value]) => member(name, value))
  const head = headOf(`{${[`"__metadata__":{${texts.join()}}`, ...described].join()}}`)
  const data = parts.map(({ bytes }) => bytes)
  checkReadable(head.subarray(PREFIX), at)
  seal(head, data, length > 0 ? ahead.length : 0)
  return [head, ...data]
}

/**
 * What a file of the safetensors format holds: float64, float32, int32, uint32 and uint8 as views into `bytes` where they
 * are aligned; int64 as float64, float16 and bfloat16 as float32. A checksum of ours is verified, and not part of the metadata.
 * @throws PalimpsestError `STATE_MALFORMED` for anything that the format forbids, before anything is allocated that the
 * bytes do not fill; `STATE_VERSION`
 */
export function decodeSafetensors(bytes: Uint8Array): Stored {
  const start = PREFIX + headerLength(bytes, bytes.length)
  const { entries, metadata } = headerOf(bytes.subarray(PREFIX, start), bytes.length - start)
  verify(bytes, metadata)
  return storedIn(bytes.subarray(start), entries, metadata)
}

/** these tensors of the data, and the metadata but for ours */
export function storedIn(data: Uint8Array, entries: readonly Entry[], metadata: ReadonlyMap<string, string>): Stored {
  // without a prototype: a name such as `constructor` is there only if the file has it
  const tensors: Record<string, StoredTensor> = Object.create(null)
  const texts: Record<string, string> = Object.create(null)
  for (const { name, dtype, shape, begin, end } of entries)
    tensors[name] = { shape, data: numbersIn(data.subarray(begin, end), dtype) }
  for (const [name, value] of metadata) if (!OURS.has(name)) texts[name] = value
  return { tensors, metadata: texts }
}

const OURS: ReadonlySet<string> = new Set([CHECKSUM, CONTAINER, FRONT])

const member = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`

/** its length, then the header, filled with spaces so that the data begin at a multiple of 8 bytes */
function headOf(header: string): Uint8Array {
  const text = Buffer.from(header)
  const length = Math.ceil(text.length / 8) * 8
  if (length > MOST_HEADER) throw invalid(`the header would have ${length} bytes, expected at most ${MOST_HEADER}`)
  const head = new Uint8Array(PREFIX + length).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true)
  head.set(text, PREFIX)
  return head
}

function checkTensor(name: string, shape: readonly number[], data: StoredNumbers): string {
  if (name === '__metadata__' || !isUnicode(name)) throw invalid(`a tensor cannot be called ${quoted(name)}`)
  const dtype = dtypeOf(data)
  if (!dtype)
    throw new PalimpsestError(
      'DTYPE',
      `${quoted(name)} is no Float64Array, Float32Array, Int32Array, Uint32Array or Uint8Array`,
    )
  if (!shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0))
    throw invalid(`${quoted(name)} has the shape [${shape}], expected whole numbers of 0 or more`)
  const size = shape.reduce((product, axis) => product * axis, 1)
  if (data.length !== size)
    throw new PalimpsestError(
      'LENGTH',
      `${quoted(name)} has ${data.length} numbers, expected ${size} for the shape [${shape}]`,
    )
  return dtype
}

function checkMetadatum(name: string, value: unknown): void {
  if (OURS.has(name) || !isUnicode(name)) throw invalid(`a metadatum cannot be called ${quoted(name)}`)
  if (typeof value !== 'string' || !isUnicode(value))
    throw invalid(`the metadatum ${quoted(name)} is no text that UTF-8 can say`)
}

/** what could not be read again is not written */
function checkReadable(header: Uint8Array, size: number): void {
  try {
    headerOf(header, size)
  } catch (cause) {
    throw new PalimpsestError('INVALID_ARGUMENT', `no reader would take this: ${(cause as Error).message}`, { cause })
  }
}

const invalid = (message: string) => new PalimpsestError('INVALID_ARGUMENT', message)
