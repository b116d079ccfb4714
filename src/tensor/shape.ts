import { PalimpsestError } from '../../bindings/errors.ts'

/**
 * The sizes of a tensor's axes. Literals such as `readonly [784, 100]` are checked by the compiler; `number` stands for a
 * size known at run time, and is checked then.
 */
export type Shape = readonly number[]
/** One number. */
export type Scalar = readonly []
/** One axis. */
export type Vector<N extends number = number> = readonly [N]
/** Two axes: rows and columns. */
export type Matrix<M extends number = number, N extends number = number> = readonly [M, N]

export const sizeOf = (shape: Shape): number => shape.reduce((product, axis) => product * axis, 1)

export const describe = (shape: Shape): string => `[${shape.join(', ')}]`

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((axis, index) => axis === b[index])

/** @throws PalimpsestError `SHAPE` unless every axis is a whole number of at least 1 */
export function checkShape(shape: Shape): void {
  for (const axis of shape)
    if (!Number.isInteger(axis) || axis < 1)
      throw new PalimpsestError('SHAPE', `a shape is ${describe(shape)}, expected whole numbers of at least 1`)
}

/** an error that names both shapes */
export function mismatch(op: string, a: Shape, b: Shape, expected: string): PalimpsestError {
  return new PalimpsestError('SHAPE', `${op}: shapes ${describe(a)} and ${describe(b)} do not fit: ${expected}`)
}
