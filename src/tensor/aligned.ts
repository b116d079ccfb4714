import { native } from '../../bindings/native.ts'

// numbers of a cache line
const LINE = 16

/**
 * Zeros that start a cache line. Arrays do so by chance only, and a vector across two lines is read as two: measured,
 * 6 % of a product of 100 x 100 x 784, 8 % of one row's. No result depends on it.
 */
export function alignedFloats(length: number): Float32Array {
  const memory = new Float32Array(length + LINE - 1)
  // of no length, NaN: who asked checks its shape
  if (memory.length === 0) return memory
  const start = native.toBoundary(memory)
  return memory.subarray(start, start + length)
}
