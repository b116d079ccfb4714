import { PalimpsestError } from '../../bindings/errors.ts'

/**
 * What `make` makes of new memory for this many numbers.
 * @throws PalimpsestError `OUT_OF_MEMORY` when the engine cannot have it, or knows no array so long
 */
export function allocated<T>(numbers: number, make: (length: number) => T): T {
  try {
    return make(numbers)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new PalimpsestError('OUT_OF_MEMORY', `no memory for ${numbers} numbers: ${cause.message}`, { cause })
  }
}

/** Zeros, for sums. @throws PalimpsestError `OUT_OF_MEMORY` */
export const doubles = (length: number): Float64Array => allocated(length, (length) => new Float64Array(length))
