import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../src/persistence/safetensors.ts'
import { codeOf } from '../toy.ts'
import { anyStored, fileOf, joined, memoryOf, plain, sample } from './stored.ts'

const headerOf = (file: Uint8Array) => {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true))
  return { length, json: JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString()) }
}

describe('a file', () => {
  it('gives back every bit', () => {
    fc.assert(
      fc.property(anyStored, (stored) => {
        expect(plain(decodeSafetensors(joined(encodeSafetensors(stored))))).toEqual(plain(stored))
      }),
    )
  })

  it('is the format: length, JSON, data without a hole, each tensor at a multiple of its width', () => {
    const file = joined(encodeSafetensors(sample()))
    const { length, json } = headerOf(file)
    const { __metadata__: metadata, ...tensors } = json
    expect((8 + length) % 8).toBe(0)
    expect(metadata).toMatchObject(sample().metadata)
    expect(tensors['layers.0.weight']).toMatchObject({ dtype: 'F32', shape: [2, 3] })
    const widths: Record<string, number> = { F64: 8, F32: 4, I32: 4, U32: 4, U8: 1 }
    for (const [name, { data }] of Object.entries(sample().tensors)) {
      const { dtype, data_offsets } = tensors[name]
      const [begin, end] = data_offsets
      expect(begin % widths[dtype]!).toBe(0)
      expect([...file.subarray(8 + length + begin, 8 + length + end)]).toEqual([...memoryOf({ shape: [], data })])
    }
  })

  it('is written from the memory of the tensors themselves', () => {
    const stored = sample()
    const [, ...data] = encodeSafetensors(stored)
    expect(new Set(data.map(({ buffer }) => buffer))).toEqual(
      new Set(Object.values(stored.tensors).map(({ data: { buffer } }) => buffer)),
    )
  })

  it('is read without a copy where it is aligned, and the same where it is not', () => {
    const file = joined(encodeSafetensors(sample()))
    const views = decodeSafetensors(file)
    for (const { data } of Object.values(views.tensors)) expect(data.buffer).toBe(file.buffer)
    const shifted = new Uint8Array(file.length + 1)
    shifted.set(file, 1)
    expect(plain(decodeSafetensors(shifted.subarray(1)))).toEqual(plain(sample()))
    // a Buffer's slice is no copy
    expect(plain(decodeSafetensors(Buffer.from(shifted.buffer, 1)))).toEqual(plain(sample()))
  })

  it('takes memory that threads share', () => {
    const data = new Float32Array(new SharedArrayBuffer(8)).fill(3)
    const file = joined(encodeSafetensors({ tensors: { x: { shape: [2], data } }, metadata: {} }))
    expect(decodeSafetensors(file).tensors.x?.data).toEqual(Float32Array.of(3, 3))
  })

  it('has no names but its own', () => {
    const { tensors, metadata } = decodeSafetensors(joined(encodeSafetensors({ tensors: {}, metadata: {} })))
    expect([tensors.constructor, tensors.toString, metadata.constructor]).toEqual([undefined, undefined, undefined])
  })
})

describe('what other programs write', () => {
  const one = (dtype: string, bytes: Uint8Array, count: number) =>
    decodeSafetensors(fileOf(`{"x":{"dtype":"${dtype}","shape":[${count}],"data_offsets":[0,${bytes.length}]}}`, bytes))
      .tensors.x?.data

  it('is read without a checksum of ours, with spaces, and with any order of its parts', () => {
    const header = ' {"x" : {"shape":[ 1,1 ],\n"data_offsets":[0,1],"dtype":"U8"} }'.trimStart().padEnd(90)
    expect(decodeSafetensors(fileOf(header, Uint8Array.of(7))).tensors.x).toEqual({
      shape: [1, 1],
      data: Uint8Array.of(7),
    })
  })

  it('may be int64', () => {
    const bytes = new Uint8Array(BigInt64Array.of(-5n, 2n ** 53n - 1n).buffer)
    expect(one('I64', bytes, 2)).toEqual(Float64Array.of(-5, 2 ** 53 - 1))
    expect(codeOf(() => one('I64', new Uint8Array(BigInt64Array.of(2n ** 53n).buffer), 1))).toBe('STATE_MALFORMED')
  })

  it('may be float16: all 65,536 of them', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)
    const read = one('F16', new Uint8Array(all.buffer), 65_536)!
    // by IEEE 754, 3.4: sign, exponent of bias 15, fraction of 10 bits
    const known: [number, number][] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3c00, 1],
      [0x3555, 0.333251953125],
      [0xc000, -2],
      [0x7bff, 65_504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
      [0x7e00, NaN],
    ]
    for (const [bits, value] of known) expect(read[bits]).toBe(value)
    // those above 0 ascend
    for (let bits = 1; bits <= 0x7c00; bits++) expect(read[bits]! > read[bits - 1]!).toBe(true)
    for (let bits = 0; bits <= 0x7c00; bits++) expect(read[bits + 0x8000]).toBe(-read[bits]!)
  })

  it('may be bfloat16', () => {
    const words = Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001)
    expect(one('BF16', new Uint8Array(words.buffer), 4)).toEqual(Float32Array.of(1, -3, Infinity, 2 ** -133))
  })
})

describe('what cannot be written', () => {
  const data = Float32Array.of(1)
  const write = (tensors: object, metadata: object = {}) =>
    codeOf(() => encodeSafetensors({ tensors, metadata } as unknown as Stored))

  it('is refused with a code', () => {
    expect(write({ x: { shape: [2], data } })).toBe('LENGTH')
    expect(write({ x: { shape: [1], data: new Int8Array(1) } })).toBe('DTYPE')
    expect(write({ x: { shape: [1], data: [1] } })).toBe('DTYPE')
    expect(write({ x: { shape: [-1, -1], data } })).toBe('INVALID_ARGUMENT')
    expect(write({ x: { shape: [0.5, 2], data } })).toBe('INVALID_ARGUMENT')
    expect(write({ x: { shape: new Array(65).fill(1), data } })).toBe('INVALID_ARGUMENT')
    expect(write({ __metadata__: { shape: [1], data } })).toBe('INVALID_ARGUMENT')
    expect(write({ '\ud800': { shape: [1], data } })).toBe('INVALID_ARGUMENT')
    expect(write({}, { x: 1 })).toBe('INVALID_ARGUMENT')
    expect(write({}, { x: '\udfff' })).toBe('INVALID_ARGUMENT')
    expect(write({}, { 'palimpsest.crc32': 'x' })).toBe('INVALID_ARGUMENT')
    expect(write({}, { 'palimpsest.container': '1' })).toBe('INVALID_ARGUMENT')
  })
})
