import assert from 'node:assert/strict'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../../src/persistence/index.ts'
import { judged, type Target } from './target.ts'

const STORED: Stored = {
  tensors: {
    weight: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, NaN, 6) },
    moments: { shape: [2], data: Float64Array.of(0.1, -1e300) },
    labels: { shape: [3], data: Uint8Array.of(0, 1, 255) },
    order: { shape: [2, 1], data: Uint32Array.of(7, 2 ** 32 - 1) },
    signed: { shape: [1], data: Int32Array.of(-5) },
    none: { shape: [0, 4], data: new Float32Array() },
  },
  metadata: { format: 'pt', 'a "name"': 'text' },
}

/** a file as others write it: without a checksum, any change of the header reaches the parser */
function foreign(header: unknown, data: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}

const HEADERS = [
  {
    'layers.0.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    half: { dtype: 'F16', shape: [2], data_offsets: [16, 20] },
    brain: { dtype: 'BF16', shape: [2], data_offsets: [20, 24] },
  },
  { __metadata__: { format: 'pt' }, step: { dtype: 'I64', shape: [], data_offsets: [0, 8] } },
  { w: { shape: [3, 8], data_offsets: [0, 24], dtype: 'U8' } },
]

/** What was taken has its shape's numbers, and is the same when it was written and read again. */
export const safetensors: Target = {
  name: 'safetensors',
  async seeds() {
    return [
      Buffer.concat(encodeSafetensors(STORED)),
      Buffer.concat(encodeSafetensors({ tensors: {}, metadata: {} })),
      ...HEADERS.map((header, i) =>
        foreign(
          header,
          Uint8Array.from({ length: i === 1 ? 8 : 24 }, (_, at) => at % 7),
        ),
      ),
    ]
  },
  run: (input) =>
    judged(['STATE_MALFORMED', 'STATE_VERSION'], () => {
      const stored = decodeSafetensors(input)
      let bytes = 0
      for (const { shape, data } of Object.values(stored.tensors)) {
        assert.equal(
          data.length,
          shape.reduce((product, axis) => product * axis, 1),
        )
        bytes += data.byteLength
      }
      // 2 bytes become 4 where a number has another form in memory
      assert.ok(bytes <= 2 * input.length, `${bytes} bytes of ${input.length}`)
      assert.deepEqual(decodeSafetensors(Buffer.concat(encodeSafetensors(stored))), stored)
    }),
}
