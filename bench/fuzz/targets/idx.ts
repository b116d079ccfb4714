import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { idxHeader } from '../../../src/data/idx-sink.ts'
import { parseIdx } from '../../../src/data/index.ts'
import { judged, type Target } from './target.ts'

// the header of any input announces less, or more than deflate could make of it
const MOST_INPUT = 1 << 16

/** An array of unsigned bytes, raw or gzip: what was taken is, written again, the very file. */
export const idx: Target = {
  name: 'idx',
  async seeds() {
    const raw = [[3, 2], [5], [2, 3, 2], [0, 7], [300]].map((dimensions) => {
      const length = dimensions.reduce((product, size) => product * size, 1)
      return Buffer.concat([idxHeader(dimensions), Uint8Array.from({ length }, (_, i) => (i * i) % 251)])
    })
    return [...raw, ...raw.map((bytes) => gzipSync(bytes)), gzipSync(raw[0] as Buffer, { level: 0 })]
  },
  run: (input) =>
    judged(['DATA_MALFORMED'], async () => {
      const { dimensions, data, sha256 } = await parseIdx(input.subarray(0, MOST_INPUT))
      const zipped = input[0] === 0x1f
      const raw = Buffer.concat([idxHeader(dimensions), data])
      assert.equal(sha256, createHash('sha256').update(raw).digest('hex'))
      assert.ok(raw.equals(zipped ? gunzipSync(input) : input), 'other bytes than those that were read')
    }),
}
