import fc from 'fast-check'
import type { Stored, StoredTensor } from '../../src/persistence/safetensors.ts'

const KINDS = [Float32Array, Float64Array, Uint8Array, Int32Array, Uint32Array] as const

/** any bits, NaN with a payload among them, and shapes with axes of 0 */
const tensor = fc
  .tuple(fc.constantFrom(...KINDS), fc.array(fc.nat(3), { maxLength: 3 }), fc.infiniteStream(fc.nat(255)))
  .map(([Kind, shape, bytes]): StoredTensor => {
    const data = new Kind(shape.reduce((product, axis) => product * axis, 1))
    const memory = new Uint8Array(data.buffer)
    for (let i = 0; i < memory.length; i++) memory[i] = bytes.next().value as number
    return { shape, data }
  })

const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'layers.0.weight', '', '"\\\n'),
)

/** what any file may hold */
export const anyStored: fc.Arbitrary<Stored> = fc.record({
  tensors: fc.dictionary(name, tensor, { maxKeys: 5, noNullPrototype: false }),
  metadata: fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 20 }), { maxKeys: 4 }),
})

/** A tensor's memory, whatever its type. */
export const memoryOf = ({ data }: StoredTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Everything in it by value, to be compared bit by bit. */
export const plain = ({ tensors, metadata }: Stored): unknown => ({
  tensors: Object.entries(tensors)
    .map(([key, tensor]) => [key, tensor.data.constructor.name, [...tensor.shape], [...memoryOf(tensor)]])
    .sort(),
  metadata: Object.entries(metadata).sort(),
})

/** parts as the one file they are */
export const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** A file with a header of one's own, without a checksum. */
export function fileOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array(), length?: number): Uint8Array {
  const text = Buffer.from(header)
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length ?? text.length), true)
  return joined([prefix, text, data])
}

/** one of everything */
export const sample = (): Stored => ({
  tensors: {
    'layers.0.weight': { shape: [2, 3], data: Float32Array.of(1, -0, NaN, Infinity, 2 ** -149, 0.1) },
    moments: { shape: [2], data: Float64Array.of(Math.PI, -1e300) },
    bytes: { shape: [3], data: Uint8Array.of(0, 128, 255) },
    counts: { shape: [1, 2], data: Int32Array.of(-1, 2 ** 31 - 1) },
    words: { shape: [], data: Uint32Array.of(2 ** 32 - 1) },
    nothing: { shape: [0, 4], data: new Float32Array() },
  },
  metadata: { kind: 'sample', 'what it says': 'naïve "text"\n' },
})
