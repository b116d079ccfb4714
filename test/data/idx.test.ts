import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PalimpsestError } from '../../bindings/errors.ts'
import { decodeIdx, type Idx, parseIdx, setFromIdx } from '../../src/data/idx.ts'
import { chunksOf, failure, idxFile } from './fixtures.ts'

const arrays = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }).chain((dimensions) => {
  const length = dimensions.reduce((product, size) => product * size, 1)
  return fc.record({
    dimensions: fc.constant(dimensions),
    data: fc.uint8Array({ minLength: length, maxLength: length }),
  })
})

const small = idxFile([3, 2], Uint8Array.of(1, 2, 3, 250, 5, 6))

describe('parseIdx', () => {
  it('reads what was written, raw and gzip, and its checksum is of the raw bytes', async () => {
    await fc.assert(
      fc.asyncProperty(arrays, async ({ dimensions, data }) => {
        const raw = idxFile(dimensions, data)
        const sha256 = createHash('sha256').update(raw).digest('hex')
        for (const bytes of [raw, gzipSync(raw)]) {
          const idx = await parseIdx(bytes)
          expect(idx).toEqual({ dimensions, data, sha256 })
          expect(idx.data.buffer).toBeInstanceOf(SharedArrayBuffer)
        }
      }),
    )
  })

  it.each(['raw', 'gzip'])('refuses every truncation of a %s file', async (kind) => {
    const bytes = kind === 'raw' ? small : gzipSync(small)
    for (let length = 0; length < bytes.length; length++) {
      const error = await failure(parseIdx(bytes.subarray(0, length), 'small'), 'DATA_MALFORMED')
      expect(error.message).toMatch(/^small: /)
    }
  })

  it('refuses bytes left over: raw, inside the gzip stream and after it', async () => {
    const longer = Buffer.concat([small, Buffer.of(0)])
    const followedBy = (rest: Uint8Array): Uint8Array => Buffer.concat([gzipSync(small), rest])
    for (const bytes of [longer, gzipSync(longer), followedBy(gzipSync(Buffer.of(0))), followedBy(Buffer.of(0, 0))]) {
      expect((await failure(parseIdx(bytes), 'DATA_MALFORMED')).message).toContain('left over')
    }
    await failure(parseIdx(followedBy(Buffer.from('rest'))), 'DATA_MALFORMED')
  })

  it('names a wrong magic number, element type or rank', async () => {
    const changed = (at: number, value: number): Uint8Array => Uint8Array.from(small).fill(value, at, at + 1)
    const message = async (bytes: Uint8Array): Promise<string> =>
      (await failure(parseIdx(bytes, 'file'), 'DATA_MALFORMED')).message
    expect(await message(Buffer.from('<html>not found'))).toBe(
      'file: it is not an IDX file: its magic number is 3c68746d',
    )
    expect(await message(changed(2, 0x0d))).toBe('file: its elements have type 0xd, expected 0x8 (unsigned bytes)')
    expect(await message(changed(3, 0))).toBe('file: it has no dimension')
    expect(await message(changed(3, 3))).toContain('truncated')
  })

  it('gives a valid array or DATA_MALFORMED for any change of the header', async () => {
    const change = fc.record({ at: fc.nat({ max: 11 }), value: fc.nat({ max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), async (changes, zipped) => {
        const raw = Uint8Array.from(small)
        for (const { at, value } of changes) raw[at] = value
        expectSound(await parseIdx(zipped ? gzipSync(raw) : raw).catch(onlyMalformed))
      }),
      { numRuns: 400 },
    )
  })

  it('gives a valid array or DATA_MALFORMED for any bytes', async () => {
    const prefix = fc.constantFrom(
      [],
      [0x1f],
      [0x1f, 0x8b],
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
      [0, 0, 8, 1, 0, 0, 0],
    )
    await fc.assert(
      fc.asyncProperty(prefix, fc.uint8Array({ maxLength: 40 }), async (head, tail) => {
        expectSound(await parseIdx(Buffer.concat([Buffer.from(head), tail])).catch(onlyMalformed))
      }),
      { numRuns: 400 },
    )
  })

  it('allocates nothing for a header that announces more than the bytes can hold', async () => {
    const before = process.memoryUsage().arrayBuffers
    for (const dimensions of [[0xffffffff], [60_000, 28, 28], Array.from({ length: 255 }, () => 0xffffffff)]) {
      const lie = idxFile(dimensions, Uint8Array.of(1, 2, 3))
      for (const bytes of [lie, gzipSync(lie)]) await failure(parseIdx(bytes), 'DATA_MALFORMED')
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6)
  })

  it('stops a gzip stream at the first byte beyond what its header announces', async () => {
    const bomb = gzipSync(idxFile([10], new Uint8Array(64 << 20)))
    const before = process.memoryUsage().arrayBuffers
    expect((await failure(parseIdx(bomb), 'DATA_MALFORMED')).message).toContain('left over after [10]')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6)
  })

  it('takes bytes only', async () => {
    await failure(parseIdx('text' as unknown as Uint8Array), 'INVALID_ARGUMENT')
  })
})

describe('decodeIdx', () => {
  it('does not depend on how the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        arrays,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async ({ dimensions, data }, size, zipped) => {
          const raw = idxFile(dimensions, data)
          const bytes = zipped ? gzipSync(raw) : raw
          expect(await decodeIdx('file', { chunks: chunksOf(bytes, size), size: null })).toMatchObject({
            dimensions,
            data,
          })
        },
      ),
    )
  })

  it('holds a stream of unknown size to its limit', async () => {
    for (const bytes of [small, gzipSync(small)]) {
      expect((await decodeIdx('file', { chunks: chunksOf(bytes, 5), size: null }, 6)).data).toHaveLength(6)
      const stream = { chunks: chunksOf(bytes, 5), size: null }
      expect((await failure(decodeIdx('file', stream, 5), 'DATA_MALFORMED')).message).toContain(
        '[3, 2], more than the 5',
      )
    }
  })

  it.each([1, 12, 100])('closes the stream and passes its error on, at byte %i', async (at) => {
    let closed = false
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield gzipSync(
          idxFile(
            [3000],
            new Uint8Array(3000).map((_, index) => (index * index) % 251),
          ),
        ).subarray(0, at)
        throw new Error('the line broke')
      } finally {
        closed = true
      }
    }
    await expect(decodeIdx('file', { chunks: chunks(), size: null })).rejects.toThrow('the line broke')
    expect(closed).toBe(true)
  })

  it('closes a stream that it refuses at its first bytes', async () => {
    let closed = false
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('<html>')
      } finally {
        closed = true
      }
    }
    await failure(decodeIdx('file', { chunks: chunks(), size: null }), 'DATA_MALFORMED')
    expect(closed).toBe(true)
  })
})

describe('setFromIdx', () => {
  const parts = async (images: number[], labels: readonly number[]): Promise<{ images: Idx; labels: Idx }> => ({
    images: await parseIdx(idxFile(images, new Uint8Array(images.reduce((product, size) => product * size, 1)))),
    labels: await parseIdx(idxFile([labels.length], Uint8Array.from(labels))),
  })

  it('makes a set of images and labels without a copy', async () => {
    const { images, labels } = await parts([2, 3, 4], [0, 9])
    const set = setFromIdx({ name: 'mine', images, labels })
    expect(set).toMatchObject({ name: 'mine', count: 2, features: 12, classes: 10 })
    expect(set.inputs).toBe(images.data)
    expect(set.labels).toBe(labels.data)
  })

  it('refuses what does not belong together', async () => {
    const code = async (images: number[], labels: number[], classes?: number): Promise<string> => {
      const both = await parts(images, labels)
      try {
        return String(setFromIdx({ name: 'mine', ...both, classes }).count)
      } catch (error) {
        return (error as PalimpsestError).code
      }
    }
    expect(await code([2, 3, 4], [1])).toBe('DATA_MALFORMED')
    expect(await code([2], [1, 2])).toBe('DATA_MALFORMED')
    expect(await code([2, 3], [1, 10])).toBe('LABEL_OUT_OF_RANGE')
    expect(await code([2, 3], [1, 10], 11)).toBe('2')
    expect(await code([0, 3], [])).toBe('EMPTY_SET')
    const images = await parts([2, 3], [1, 2])
    await failure(() => setFromIdx({ name: 'mine', images: images.images, labels: images.images }), 'DATA_MALFORMED')
  })
})

function onlyMalformed(error: unknown): null {
  if (error instanceof PalimpsestError && error.code === 'DATA_MALFORMED') return null
  throw error
}

function expectSound(idx: Idx | null): void {
  if (idx !== null) expect(idx.data).toHaveLength(idx.dimensions.reduce((product, size) => product * size, 1))
}
