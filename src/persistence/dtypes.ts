import { PalimpsestError } from '../../bindings/errors.ts'

/** What a stored tensor can hold, row-major. */
export type StoredNumbers = Float32Array | Float64Array | Uint8Array | Int32Array | Uint32Array

/** the error of bytes that are no valid file */
export const malformed = (message: string, options?: ErrorOptions): PalimpsestError =>
  new PalimpsestError('STATE_MALFORMED', message, options)

/** a name out of a file as a message shows it: quoted, and never long */
export const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)

type Constructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => StoredNumbers

/** what is stored as it is in memory, on the little-endian machines that Node runs on */
const PLAIN = new Map<string, { readonly make: Constructor; readonly bytes: number }>([
  ['F64', { make: Float64Array, bytes: 8 }],
  ['F32', { make: Float32Array, bytes: 4 }],
  ['I32', { make: Int32Array, bytes: 4 }],
  ['U32', { make: Uint32Array, bytes: 4 }],
  ['U8', { make: Uint8Array, bytes: 1 }],
])

/** what PyTorch writes besides, read as the narrowest of the others that holds it */
const CONVERTED = new Map<string, { readonly convert: (view: DataView) => StoredNumbers; readonly bytes: number }>([
  ['I64', { convert: wholeNumbers, bytes: 8 }],
  ['F16', { convert: halves, bytes: 2 }],
  ['BF16', { convert: brainFloats, bytes: 2 }],
])

/** every dtype that is read */
export const READ: readonly string[] = [...PLAIN.keys(), ...CONVERTED.keys()]

/** bytes of an element; undefined for a dtype that is not read */
export const bytesOf = (dtype: string): number | undefined => (PLAIN.get(dtype) ?? CONVERTED.get(dtype))?.bytes

/** the dtype of an array; undefined when no dtype is written for it */
export const dtypeOf = (data: unknown): string | undefined =>
  [...PLAIN].find(([, { make }]) => data instanceof make)?.[0]

/** The numbers in these bytes: a view where the dtype and the address allow it, else a copy. */
export function numbersIn(bytes: Uint8Array, dtype: string): StoredNumbers {
  const plain = PLAIN.get(dtype)
  if (!plain) return CONVERTED.get(dtype)?.convert(viewOf(bytes)) as StoredNumbers
  const { buffer, byteOffset } = bytes.byteOffset % plain.bytes === 0 ? bytes : new Uint8Array(bytes)
  return new plain.make(buffer, byteOffset, bytes.length / plain.bytes)
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)

function wholeNumbers(view: DataView): Float64Array {
  return Float64Array.from({ length: view.byteLength / 8 }, (_, i) => {
    const value = Number(view.getBigInt64(8 * i, true))
    if (Number.isSafeInteger(value)) return value
    throw malformed(`a tensor of I64 holds ${value}, expected a number within 2^53`)
  })
}

/** IEEE 754 binary16: every one is a float32 */
function halves(view: DataView): Float32Array {
  return Float32Array.from({ length: view.byteLength / 2 }, (_, i) => {
    const bits = view.getUint16(2 * i, true)
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
    if (exponent === 31) return fraction ? NaN : sign * Infinity
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
  })
}

/** the upper half of a float32 */
function brainFloats(view: DataView): Float32Array {
  const words = Uint32Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true) << 16)
  return new Float32Array(words.buffer)
}
