import { expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'

test.each<[string, number[], number]>([
  ['the largest', [1, 3, 2], 1],
  ['the lowest index of equal ones', [1, 5, 5, 0, 5], 1],
  ['the first of equal infinities', [-Infinity, Infinity, Infinity], 1],
  ['the first when all are -infinity', [-Infinity, -Infinity], 0],
  ['the first of zeros, whatever their sign', [-0, 0, 0], 0],
  ['the only one', [-7], 0],
])('argmax takes %s', (_, row, expected) => {
  // in a second row, too, and past the width of a vector
  const out = new Uint32Array(2)
  native.argmax(2, row.length, Float32Array.from([...row, ...row]), out)
  expect([...out]).toEqual([expected, expected])
  const wide = Float32Array.from([...Array(40).fill(-Infinity), ...row, ...Array(40).fill(-Infinity)])
  native.argmax(1, wide.length, wide, out.subarray(0, 1))
  expect(out[0]).toBe(row.every((value) => value === -Infinity) ? 0 : 40 + expected)
})
