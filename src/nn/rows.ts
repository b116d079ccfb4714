import { PalimpsestError } from '../../bindings/errors.ts'

/** How many whole rows x holds. @throws PalimpsestError `DTYPE`, `EMPTY_SET`, `LENGTH` */
export function checkRows(x: Float32Array, inputs: number): number {
  if (!(x instanceof Float32Array)) throw new PalimpsestError('DTYPE', 'x is not a Float32Array')
  if (x.length === 0) throw new PalimpsestError('EMPTY_SET', 'x holds no row')
  if (x.length % inputs !== 0)
    throw new PalimpsestError('LENGTH', `x holds ${x.length} numbers, expected whole rows of ${inputs}`)
  return x.length / inputs
}
