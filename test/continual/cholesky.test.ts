import { describe, expect, it } from 'vitest'
import { native } from '../../bindings/native.ts'
import { cholesky, choleskySolve } from '../../src/continual/cholesky.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, thrown, worst } from '../toy.ts'

const uniform = (length: number, random: Random) => Float64Array.from({ length }, () => 2 * random.uniform() - 1)

/** M M^T + shift I of a random M [n, n] */
function positive(n: number, seed: number, shift = 0.1): Float64Array {
  const m = uniform(n * n, Random.from(seed))
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    let sum = i === j ? shift : 0
    for (let k = 0; k < n; k++) sum += m[i * n + k]! * m[j * n + k]!
    return sum
  })
}

const factorOf = (a: Float64Array, n: number) => {
  const factor = a.slice()
  cholesky(factor, n)
  return factor
}

// around the panel of 64 columns and the tiles of 8 x 24, 4 x 8 and 4 x 4
const SIZES = [1, 2, 3, 4, 5, 7, 23, 24, 25, 63, 64, 65, 66, 90, 129, 150]

describe('cholesky', () => {
  it.each(SIZES)('of %i rows multiplies back, with positive diagonal and zeros above', (n) => {
    const a = positive(n, n)
    const l = factorOf(a, n)
    const product = Float64Array.from(a, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n]
      let sum = 0
      for (let k = 0; k < n; k++) sum += l[i * n + k]! * l[j * n + k]!
      return sum
    })
    // Higham 2002, theorem 10.3: |A - L L^T| <= (n + 1) u |L| |L|^T, and that is at most sqrt(a_ii a_jj)
    expect(
      worst(product, a, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n]
        return (n + 2) * 2 ** -52 * Math.sqrt(a[i * n + i]! * a[j * n + j]!)
      }),
    ).toBeLessThan(1)
    for (let i = 0; i < n; i++) {
      expect(l[i * n + i]).toBeGreaterThan(0)
      for (let j = i + 1; j < n; j++) expect(l[i * n + j]).toBe(0)
    }
  })

  it('of min(i, j) is all ones, exactly', () => {
    const n = 100
    const a = Float64Array.from({ length: n * n }, (_, at) => Math.min(Math.floor(at / n), at % n) + 1)
    const ones = Float64Array.from(a, (_, at) => (at % n <= Math.floor(at / n) ? 1 : 0))
    expect(factorOf(a, n)).toEqual(ones)
  })

  it('reads the lower triangle alone', () => {
    const [n, whole] = [70, positive(70, 1)]
    const lower = whole.map((value, at) => (at % n <= Math.floor(at / n) ? value : NaN))
    expect(factorOf(lower, n)).toEqual(factorOf(whole, n))
  })

  it.each([1, 30, 64, 99])('refuses when pivot %i is negative, 0, NaN or infinite, and names the row', (row) => {
    const n = 100
    const l = factorOf(positive(n, 3), n)
    // a_ii without what makes its pivot positive
    let rest = 0
    for (let k = 0; k < row; k++) rest += l[row * n + k]! ** 2
    for (const pivot of [-1, -1e-9, 0, NaN, Infinity]) {
      const a = positive(n, 3)
      a[row * n + row] = rest + pivot
      const error = thrown(() => cholesky(a, n))
      expect(error.code).toBe('NOT_POSITIVE_DEFINITE')
      expect(error.message).toContain(`row ${row},`)
    }
  })

  it('refuses what is singular but for rounding', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const v = uniform(40, Random.from(seed))
      const rankOne = Float64Array.from({ length: 1600 }, (_, at) => v[Math.floor(at / 40)]! * v[at % 40]!)
      expect(codeOf(() => cholesky(rankOne, 40))).toBe('NOT_POSITIVE_DEFINITE')
    }
  })

  it('gives the same bits on two threads', () => {
    const before = native.threads()
    const n = 400
    const a = positive(n, 5)
    const [alone, together] = [1, 2].map((count) => {
      native.setThreads(count)
      return factorOf(a, n)
    })
    native.setThreads(before)
    expect(together).toEqual(alone)
  })

  it('refuses lengths that are no square', () => {
    for (const n of [0, 2, 1.5, NaN]) expect(codeOf(() => cholesky(new Float64Array(3), n))).toBe('LENGTH')
    expect(codeOf(() => choleskySolve(new Float64Array(3), 2, new Float64Array(2)))).toBe('LENGTH')
    expect(codeOf(() => choleskySolve(new Float64Array(4), 2, new Float64Array(3)))).toBe('LENGTH')
  })
})

describe('choleskySolve', () => {
  it.each(SIZES)('finds the x of several b = A x, n = %i', (n) => {
    const a = positive(n, n, n)
    const x = uniform(3 * n, Random.from(n, 'x'))
    const b = Float64Array.from(x, (_, at) => {
      const [row, i] = [Math.floor(at / n), at % n]
      let sum = 0
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * x[row * n + k]!
      return sum
    })
    choleskySolve(factorOf(a, n), n, b)
    // with n on the diagonal the condition is small
    expect(worst(b, x, () => 1e-13)).toBeLessThan(1)
  })
})
