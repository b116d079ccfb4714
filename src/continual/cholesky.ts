import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'

/**
 * Replaces a symmetric positive definite A [n, n], row-major, by its Cholesky factor: L with A = L L^T, lower triangular,
 * zeros above, in float64. Only A's lower triangle is read.
 * @throws PalimpsestError `LENGTH`; `NOT_POSITIVE_DEFINITE` when a pivot is not above n 2^-52 of its diagonal element,
 * which is as good as 0 in float64; A is then overwritten in part
 */
export function cholesky(a: Float64Array, n: number): void {
  checkSquare(a, n)
  const least = Float64Array.from({ length: n }, (_, i) => n * Number.EPSILON * (a[i * n + i] as number))
  const row = native.cholesky(n, least, a)
  if (row >= 0)
    throw new PalimpsestError(
      'NOT_POSITIVE_DEFINITE',
      `the matrix has pivot ${a[row * n + row]} in row ${row}, expected above 0`,
    )
}

/**
 * Solves L L^T x = b for each row b of B [rows, n], in place.
 * @param factor - what {@link cholesky} made, [n, n]
 * @throws PalimpsestError `LENGTH`; `INVALID_ARGUMENT` for n above 16384
 */
export function choleskySolve(factor: Float64Array, n: number, b: Float64Array): void {
  checkSquare(factor, n)
  if (b.length % n !== 0)
    throw new PalimpsestError('LENGTH', `B holds ${b.length} numbers, expected whole rows of ${n}`)
  if (b.length > 0) native.choleskySolve(n, b.length / n, factor, b)
}

/** @throws PalimpsestError `LENGTH` unless a is [n, n] with n at least 1 */
function checkSquare(a: Float64Array, n: number): void {
  if (!Number.isInteger(n) || n < 1 || a.length !== n * n)
    throw new PalimpsestError('LENGTH', `the matrix holds ${a.length} numbers, expected n x n with n = ${n}`)
}
