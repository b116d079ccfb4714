import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PalimpsestError } from '../../bindings/errors.ts'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../src/persistence/safetensors.ts'
import { codeOf, thrown } from '../toy.ts'
import { anyStored, fileOf, joined, plain, sample } from './stored.ts'

/** what it holds, or null for a refusal; nothing else may be thrown */
function decoded(bytes: Uint8Array): Stored | null {
  try {
    return decodeSafetensors(bytes)
  } catch (error) {
    if (!(error instanceof PalimpsestError)) throw error
    return null
  }
}

describe('of a sealed file', () => {
  const file = joined(encodeSafetensors(sample()))

  it('every truncation is refused', () => {
    for (let length = 0; length < file.length; length++)
      expect(
        codeOf(() => decodeSafetensors(file.slice(0, length))),
        `${length} bytes`,
      ).toBe('STATE_MALFORMED')
  })

  it('every flipped bit is refused, in the length, the header, the checksum and the data', () => {
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const flipped = file.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(decoded(flipped), `bit ${bit}`).toBeNull()
    }
  })

  it('more bytes at its end are refused', () => {
    expect(codeOf(() => decodeSafetensors(joined([file, Uint8Array.of(0)])))).toBe('STATE_MALFORMED')
  })

  it('a changed word and a changed checksum are two names for the same', () => {
    const other = file.slice()
    other[other.length - 1]! ^= 255
    expect(thrown(() => decodeSafetensors(other)).message).toMatch(/checksum of the bytes is [0-9a-f]{8}, expected/)
  })
})

describe('of any bytes', () => {
  it('what is cut or changed anywhere is refused, or is what was written', () => {
    fc.assert(
      fc.property(anyStored, fc.nat(), fc.nat(255), (stored, where, mask) => {
        const file = joined(encodeSafetensors(stored))
        const at = where % file.length
        expect(decoded(file.slice(0, at))).toBeNull()
        const changed = file.slice()
        changed[at]! ^= mask
        const found = decoded(changed)
        if (mask === 0) expect(plain(found!)).toEqual(plain(stored))
        else expect(found).toBeNull()
      }),
    )
  })

  it('garbage is refused, or takes no more memory than it has', () => {
    const text = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"x"',
        '"dtype"',
        '"F32"',
        '"U8"',
        '"shape"',
        '"data_offsets"',
        '0',
        '4',
        ' ',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          text.map((words) => fileOf(words.join(''))),
        ),
        (bytes) => {
          const found = decoded(bytes)
          const taken = Object.values(found?.tensors ?? {}).reduce((sum, { data }) => sum + data.byteLength, 0)
          expect(taken).toBeLessThanOrEqual(bytes.length)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('a header', () => {
  const x = '"dtype":"U8","shape":[1],"data_offsets":[0,1]'
  const byte = Uint8Array.of(1)
  const huge = 9_007_199_254_740_991

  it.each([
    ['that is no object', '[]', 0],
    ['that ends early', `{"x":{${x}}`, 1],
    ['that goes on', `{"x":{${x}}}{}`, 1],
    ['that begins with a space', ` {"x":{${x}}}`, 1],
    ['with a name twice', `{"x":{${x}},"x":{${x}}}`, 1],
    ['with a name twice, once escaped', `{"x":{${x}},"\\u0078":{${x}}}`, 1],
    ['with metadata twice', `{"__metadata__":{},"__metadata__":{},"x":{${x}}}`, 1],
    ['with a metadatum twice', `{"__metadata__":{"a":"b","a":"c"}}`, 0],
    ['with a metadatum that is a number', `{"__metadata__":{"a":1}}`, 0],
    ['with a part twice', `{"x":{${x},"shape":[1]}}`, 1],
    ['with a part too many', `{"x":{${x},"more":[1]}}`, 1],
    ['without a dtype', '{"x":{"shape":[1],"data_offsets":[0,1]}}', 1],
    ['without a shape', '{"x":{"dtype":"U8","data_offsets":[0,1]}}', 1],
    ['without offsets', '{"x":{"dtype":"U8","shape":[1]}}', 1],
    ['with one offset', '{"x":{"dtype":"U8","shape":[1],"data_offsets":[1]}}', 1],
    ['with three offsets', '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', 1],
    ['of an unknown dtype', '{"x":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', 1],
    ['of a dtype that every object has', '{"x":{"dtype":"constructor","shape":[1],"data_offsets":[0,1]}}', 1],
    ['with a fraction', '{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1],
    ['with an exponent', '{"x":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1],
    ['with a negative number', '{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1],
    ['with a leading zero', '{"x":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', 1],
    ['with an axis beyond 2^53', '{"x":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1],
    ['with a product beyond 2^53', `{"x":{"dtype":"U8","shape":[${huge},${huge}],"data_offsets":[0,1]}}`, 1],
    ['with a product of 0 beyond 2^53', `{"x":{"dtype":"U8","shape":[${huge},2,0],"data_offsets":[0,0]}}`, 0],
    ['with a shape that is longer than its data', '{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}', 1],
    ['with a shape that forgets the width', '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}', 1],
    ['with an end before its beginning', '{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1],
    ['with data beyond the end', '{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1],
    ['with data that nobody has', `{"x":{${x}}}`, 2],
    ['with a hole', `{"x":{${x}},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3],
    ['with a hole at first', '{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2],
    ['with an overlap', `{"x":{${x}},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2],
    ['with two tensors in one place', `{"x":{${x}},"y":{${x}}}`, 1],
    ['with a comma too many', `{"x":{${x}},}`, 1],
    ['with half of a surrogate pair', `{"\\ud800":{${x}}}`, 1],
    ['with a bad escape', `{"\\x":{${x}}}`, 1],
    ['with a line break in a name', `{"a\nb":{${x}}}`, 1],
    ['with an open name', '{"', 0],
    ['with an open escape', '{"\\', 0],
    ['that is empty', '', 0],
  ])('%s is refused', (_, header, length) => {
    expect(codeOf(() => decodeSafetensors(fileOf(header, new Uint8Array(length))))).toBe('STATE_MALFORMED')
  })

  it('that is no UTF-8 is refused', () => {
    const header = Buffer.from(`{"?":{${x}}}`)
    header[2] = 0xff
    expect(codeOf(() => decodeSafetensors(fileOf(header, byte)))).toBe('STATE_MALFORMED')
    expect(codeOf(() => decodeSafetensors(fileOf(`\ufeff{"x":{${x}}}`, byte)))).toBe('STATE_MALFORMED')
  })

  it('whose length is a lie is refused', () => {
    for (const length of [0, 1, 40, 2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER])
      expect(codeOf(() => decodeSafetensors(fileOf('{}', byte, length)))).toBe('STATE_MALFORMED')
  })

  it('that nests deeper than the format is refused at once', () => {
    for (const deep of ['{"x":'.repeat(1e6), `{"x":${'['.repeat(1e6)}`, `{"x":{"shape":${'['.repeat(1e6)}`]) {
      const began = performance.now()
      expect(codeOf(() => decodeSafetensors(fileOf(deep)))).toBe('STATE_MALFORMED')
      expect(performance.now() - began).toBeLessThan(1000)
    }
  })

  it('with far too many axes, tensors or texts is refused before they fill memory', () => {
    const shape = '1,'.repeat(1e6)
    const empty = '"dtype":"U8","shape":[0],"data_offsets":[0,0]'
    const many = Array.from({ length: 70_000 }, (_, i) => `"${i}":{${empty}}`).join()
    const texts = Array.from({ length: 70_000 }, (_, i) => `"${i}":""`).join()
    for (const header of [`{"x":{"shape":[${shape}1]}}`, `{${many}}`, `{"__metadata__":{${texts}}}`])
      expect(thrown(() => decodeSafetensors(fileOf(header))).message).toMatch(/more than/)
  })

  it('never fills a message with what it says', () => {
    const header = `{"${'x'.repeat(1e6)}":{"dtype":"${'y'.repeat(1e6)}","shape":[1],"data_offsets":[0,1]}}`
    expect(thrown(() => decodeSafetensors(fileOf(header, byte))).message.length).toBeLessThan(300)
  })
})

describe('a checksum', () => {
  const sealed = (texts: string) => {
    const file = fileOf(`{"__metadata__":{${texts}}}`)
    const at = Buffer.from(file.buffer).indexOf('00000000"')
    Buffer.from(file.buffer).write(crc32(file).toString(16).padStart(8, '0'), at)
    return file
  }

  it('is that of zlib, over everything', () => {
    const file = sealed('"palimpsest.crc32":"00000000","palimpsest.container":"1","a":"b"')
    expect(decodeSafetensors(file).metadata).toEqual({ a: 'b' })
  })

  it('of a later layout says so', () => {
    const file = sealed('"palimpsest.crc32":"00000000","palimpsest.container":"2"')
    expect(codeOf(() => decodeSafetensors(file))).toBe('STATE_VERSION')
  })

  it('that another program carried along is refused with the reason', () => {
    const file = sealed('"a":"b","palimpsest.crc32":"00000000","palimpsest.container":"1"')
    expect(thrown(() => decodeSafetensors(file)).message).toMatch(/another program/)
  })
})
