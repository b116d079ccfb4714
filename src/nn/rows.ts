import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'

// of a number, so that no sum of squares over 400 of them overflows in float32
const LARGEST = 1e12

/** How many whole rows x holds. @throws PalimpsestError `DTYPE`, `EMPTY_SET`, `LENGTH` */
export function checkRows(x: Float32Array, inputs: number): number {
  if (!(x instanceof Float32Array)) throw new PalimpsestError('DTYPE', 'x is not a Float32Array')
  if (x.length === 0) throw new PalimpsestError('EMPTY_SET', 'x holds no row')
  if (x.length % inputs !== 0)
    throw new PalimpsestError('LENGTH', `x holds ${x.length} numbers, expected whole rows of ${inputs}`)
  return x.length / inputs
}

/** The same, and every number finite. @throws PalimpsestError `NON_FINITE` as well */
export function checkFiniteRows(x: Float32Array, inputs: number): number {
  const rows = checkRows(x, inputs)
  if (!native.allFinite(x)) throw new PalimpsestError('NON_FINITE', 'x holds NaN or infinity')
  return rows
}

/** The same, and no number beyond 1e12, whose square is near to overflowing. @throws PalimpsestError `NON_FINITE` as well */
export function checkBoundedRows(x: Float32Array, inputs: number): number {
  const rows = checkRows(x, inputs)
  const wrong = x.findIndex((value) => !(Math.abs(value) <= LARGEST))
  if (wrong >= 0)
    throw new PalimpsestError('NON_FINITE', `x holds ${x[wrong]} at ${wrong}, expected a number within ${LARGEST}`)
  return rows
}
