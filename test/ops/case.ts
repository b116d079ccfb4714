import fc from 'fast-check'
import type { Instance } from '../gradcheck.ts'
import { between, stream, uniform } from '../numbers.ts'

/** Random sizes and numbers. */
export interface Draw {
  /** from 1 (or `least`) to the largest asked for */
  size(least?: number): number
  /** in [-2, 2], or what is asked for */
  floats(length: number, low?: number, high?: number): Float32Array
  number(low: number, high: number): number
}

/** How an operation is called, and with what. */
export interface Case {
  readonly title: string
  readonly make: (draw: Draw) => Instance
}

/** instances with sizes up to `largest` */
export const instances = ({ make }: Case, largest: number): fc.Arbitrary<Instance> =>
  fc.gen().map((g) => {
    const next = stream(g(fc.integer))
    return make({
      size: (least = 1) => g(fc.integer, { min: least, max: Math.max(least, largest) }),
      floats: (length, low, high) => uniform(next, length, low, high),
      number: (low, high) => between(next, low, high),
    })
  })

/**
 * Sums of n products of at most `largest`, each rounded once: n U times the sum of the terms' sizes (Higham 2002,
 * Accuracy and Stability of Numerical Algorithms, section 3.1).
 */
export const chain = (n: number, largest: number): number => n * n * largest
