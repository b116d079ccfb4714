import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { PalimpsestError } from '../../bindings/errors.ts'
import { type Idx, idxSink, malformed } from './idx-sink.ts'
import { type LabelledSet, labelledSet } from './set.ts'

export type { Idx } from './idx-sink.ts'

/** A file's bytes as they come, raw or gzip, and how many there are, where that is known. */
export interface Encoded {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly size: number | null
}

/** The most bytes that one byte of deflate can stand for. */
const DEFLATE_RATIO = 1032

/** Small enough for the event loop to breathe, large enough for speed: measured. */
const CHUNK = 1 << 18

/**
 * Reads an IDX array of unsigned bytes, the format of MNIST (http://yann.lecun.com/exdb/mnist/). Gzip is recognised and
 * decompressed on the way. Nothing is allocated before the header is known to agree with the size.
 *
 * @param bytes - the whole file, raw or gzip.
 * @param name - what messages call it.
 * @throws PalimpsestError `DATA_MALFORMED` when it is truncated, has bytes left over, or is no such array.
 */
export async function parseIdx(bytes: Uint8Array, name = 'the IDX file'): Promise<Idx> {
  if (!(bytes instanceof Uint8Array)) {
    throw new PalimpsestError('INVALID_ARGUMENT', `${name}: bytes must be a Uint8Array, got ${typeof bytes}`)
  }
  return decodeIdx(name, { chunks: slices(bytes), size: bytes.length })
}

/**
 * The set of an IDX file of images `[count, ...]` and one of labels `[count]`.
 *
 * @param parts - the two arrays; `classes` is 10 unless given.
 * @throws PalimpsestError `DATA_MALFORMED` when they do not belong together, else as {@link labelledSet}.
 */
export function setFromIdx(parts: {
  readonly name: string
  readonly images: Idx
  readonly labels: Idx
  readonly classes?: number | undefined
}): LabelledSet {
  const { name, images, labels, classes = 10 } = parts
  const [count, ...rest] = images.dimensions
  if (rest.length === 0) throw malformed(name, `images need 2 dimensions or more, got [${images.dimensions}]`)
  if (labels.dimensions.length !== 1) throw malformed(name, `labels need 1 dimension, got [${labels.dimensions}]`)
  if (labels.dimensions[0] !== count) {
    throw malformed(name, `there are ${count} images but ${labels.dimensions[0]} labels`)
  }
  const features = rest.reduce((product, size) => product * size, 1)
  return labelledSet({ name, inputs: images.data, labels: labels.data, features, classes })
}

/** As {@link parseIdx}, from a stream. `limit` bounds the array's bytes where the size does not. */
export async function decodeIdx(name: string, encoded: Encoded, limit: number = Number.MAX_SAFE_INTEGER): Promise<Idx> {
  const chunks = atLeast(2, encoded.chunks)
  const { value: first } = await chunks.next()
  if (first === undefined) throw malformed(name, 'it is empty')
  let fed = 0
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    try {
      fed += first.length
      yield first
      for await (const chunk of chunks) {
        fed += chunk.length
        yield chunk
      }
    } finally {
      await chunks.return(undefined)
    }
  }
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    const sink = idxSink(name, { limit, size: encoded.size })
    for await (const chunk of whole()) sink.write(chunk)
    return sink.end()
  }
  const sink = idxSink(name, { limit: Math.min(limit, (encoded.size ?? Infinity) * DEFLATE_RATIO), size: null })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  try {
    await pipeline(whole, gunzip, async (plain: AsyncIterable<Uint8Array>) => {
      for await (const chunk of plain) sink.write(chunk)
    })
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw malformed(name, `its gzip stream is broken: ${error.message}`, error)
  }
  if (gunzip.bytesWritten < fed) throw malformed(name, 'bytes are left over after its gzip stream')
  return sink.end()
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK) yield bytes.subarray(from, from + CHUNK)
}

/** The same bytes, with a first chunk of at least `count` of them if there are as many. */
async function* atLeast(count: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let head: Uint8Array | null = new Uint8Array(0)
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk
      continue
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    if (head.length < count) continue
    yield head
    head = null
  }
  if (head !== null && head.length > 0) yield head
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}
