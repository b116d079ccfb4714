import { expect, it } from 'vitest'
import { native } from '../../bindings/native.ts'
import { batches } from '../../src/data/batches.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { alignedFloats } from '../../src/tensor/aligned.ts'
import { BufferPool } from '../../src/tensor/pool.ts'
import { blobs } from '../toy.ts'

it('zeros that start a cache line, wherever their memory lies', () => {
  for (let length = 1; length < 300; length++) {
    const values = alignedFloats(length)
    expect(values).toEqual(new Float32Array(length))
    expect(native.toBoundary(values)).toBe(0)
  }
})

it('the numbers to the next line are those that the address lacks', () => {
  const line = alignedFloats(48)
  for (let from = 0; from < 32; from++) expect(native.toBoundary(line.subarray(from))).toBe((32 - from) % 16)
})

it('weights, their gradients, buffers and batches start a line', () => {
  const weight = new Mlp([9, 7]).parameters()[0]
  const [batch] = batches(blobs({ count: 10 }), { size: 10 })
  for (const array of [weight?.data, weight?.gradient, new BufferPool().take(100), batch?.x])
    expect(native.toBoundary(array as Float32Array)).toBe(0)
})
