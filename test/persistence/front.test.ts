import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readStored } from '../../src/persistence/file.ts'
import { type Front, readFront, readWhole } from '../../src/persistence/front.ts'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../src/persistence/safetensors.ts'
import { codeOf, rejection } from '../toy.ts'
import { fileOf, joined, memoryOf, plain, sample } from './stored.ts'

let folder = ''
let path = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-front-'))
  path = join(folder, 'state.safetensors')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ahead = ['words', 'layers.0.weight', 'nothing']
const file = (stored: Stored, front: readonly string[] = ahead) => joined(encodeSafetensors(stored, { front }))
const only = ({ tensors, metadata }: Stored, names: readonly string[]): Stored => ({
  tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => names.includes(name))),
  metadata,
})

/** the front, or the code of the refusal */
function tried(): Front | string | null {
  try {
    return readFront(path)
  } catch {
    return codeOf(() => readFront(path))
  }
}

/** what is made of a file with these bytes, by both ways */
async function read(bytes: Uint8Array): Promise<{ front: Front | null; whole: Stored }> {
  await writeFile(path, bytes)
  const front = readFront(path)
  return { front, whole: front ? await readWhole(path, front.checksum) : await readStored(path) }
}

describe('the front of a file', () => {
  it('is what was put there, and all metadata; the rest is described', async () => {
    const { front, whole } = await read(file(sample()))
    expect(plain(front?.stored as Stored)).toEqual(plain(only(sample(), ahead)))
    expect(front?.rest.map(({ name, shape }) => [name, shape])).toEqual([
      ['moments', [2]],
      ['counts', [1, 2]],
      ['bytes', [3]],
    ])
    expect(plain(whole)).toEqual(plain(sample()))
    expect(plain(decodeSafetensors(file(sample())))).toEqual(plain(sample()))
  })

  it('is missing where none was asked for, or another program wrote the file: that is read whole', async () => {
    const bare = { tensors: { x: { shape: [1], data: Float32Array.of(1) } }, metadata: {} }
    expect((await read(file(sample(), []))).front).toBeNull()
    expect((await read(file(sample(), ['no such tensor', 'nothing']))).front).toBeNull()
    expect((await read(file(bare, ['no such tensor']))).whole.tensors.x?.data).toEqual(Float32Array.of(1))
    const header =
      '{"__metadata__":{"palimpsest.front":"00000000 4"},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    const { front, whole } = await read(fileOf(header, Uint8Array.of(7)))
    expect([front, whole.tensors.x?.data, whole.metadata]).toEqual([null, Uint8Array.of(7), {}])
  })

  it.each([
    [10, 10],
    [70_000, 10],
    [10, 70_000],
    [70_000, 70_000],
  ])('is read with %i characters of header and %i numbers', async (texts, numbers) => {
    const data = Float32Array.from({ length: numbers }, (_, i) => i)
    const rest = { shape: [100_001], data: new Float64Array(100_001).fill(Math.PI) }
    const stored = { tensors: { a: { shape: [numbers], data }, rest }, metadata: { text: 'x'.repeat(texts) } }
    const { front, whole } = await read(file(stored, ['a']))
    expect(plain(front?.stored as Stored)).toEqual(plain(only(stored, ['a'])))
    expect(Buffer.compare(memoryOf(whole.tensors.rest as never), memoryOf(rest))).toBe(0)
  })

  it('does not have the largest tensor copied, wherever that begins', async () => {
    for (const before of [0, 1, 2, 3]) {
      const large = { shape: [10_000], data: new Float64Array(10_000).fill(before) }
      const tensors = { a: { shape: [before], data: new Float32Array(before) }, large }
      await writeFile(path, file({ tensors, metadata: {} }, ['a']))
      const { data } = (await readStored(path)).tensors.large as (typeof tensors)['large']
      expect(data).toEqual(large.data)
      // a view of all that was read
      expect(data.buffer.byteLength).toBeGreaterThan(data.byteLength + 100)
    }
  })

  it('is refused with a bit of it or of the header changed; with one of the rest changed the whole is', async () => {
    const bytes = file(sample())
    const length = new DataView(bytes.buffer).getUint32(0, true)
    const end = 8 + length + 24 + 4
    // of the checksums' places each bit, of what follows one a byte
    for (let bit = 0; bit < 8 * bytes.length; bit += bit < 1024 ? 1 : 9) {
      const changed = bytes.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(path, changed)
      const front = tried()
      if (typeof front === 'string') expect(front, `bit ${bit}`).toBe('STATE_MALFORMED')
      else {
        if (front) expect(plain(front.stored), `bit ${bit}`).toEqual(plain(only(sample(), ahead)))
        // the whole file's checksum is none of the front's; a file that lost its mark has to be read whole
        const whole = front ? readWhole(path, front.checksum) : readStored(path)
        expect((await rejection(whole)).code, `bit ${bit}`).toBe('STATE_MALFORMED')
      }
      if (bit >= 8 * end) expect(front, `bit ${bit}`).toHaveProperty('stored')
    }
  }, 60_000)

  it('is refused where the file was cut or is longer', async () => {
    const bytes = file(sample())
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(path, bytes.slice(0, length))
      expect(
        codeOf(() => readFront(path)),
        `${length} bytes`,
      ).toBe('STATE_MALFORMED')
    }
    await writeFile(path, joined([bytes, Uint8Array.of(0)]))
    expect(codeOf(() => readFront(path))).toBe('STATE_MALFORMED')
  })

  it('says that there is no file, or that it is none', async () => {
    expect(codeOf(() => readFront(join(folder, 'none')))).toBe('STATE_MISSING')
    expect(codeOf(() => readFront(folder))).toBe('STATE_MALFORMED')
  })

  it('belongs to one file: the whole of another is refused', async () => {
    const { front } = await read(file(sample()))
    await writeFile(path, file({ ...sample(), metadata: {} }))
    const { code, message } = await rejection(readWhole(path, front?.checksum as string))
    expect([code, message]).toEqual(['STATE_MISMATCH', expect.stringContaining(path)])
  })

  it('has a name that nobody else may use', () => {
    const metadata = { 'palimpsest.front': 'x' }
    expect(codeOf(() => encodeSafetensors({ tensors: {}, metadata }))).toBe('INVALID_ARGUMENT')
  })
})
