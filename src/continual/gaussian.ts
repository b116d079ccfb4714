import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { loaded, rankOne, type Sums, traceOf } from './analytic-heads.ts'
import { cholesky, choleskySolve } from './cholesky.ts'
import { floatsOf } from './experts-state.ts'
import type { MethodState } from './method.ts'

/** A Gaussian of rows of I numbers: a mean and an inverse covariance. */
export class Gaussian {
  readonly #mean: Float32Array
  /** [I, I] */
  readonly #inverse: Float32Array
  /** of the covariance's determinant, halved */
  readonly #halfLog: number

  private constructor(mean: Float32Array, inverse: Float32Array, halfLog: number) {
    this.#mean = mean
    this.#inverse = inverse
    this.#halfLog = halfLog
  }

  /**
   * Of all samples of the sums, with `shrinkage` times the mean variance added to every variance.
   * @throws PalimpsestError `NOT_POSITIVE_DEFINITE` when they do not vary at all
   */
  static of({ features: I, samples, gram, classes }: Sums, shrinkage: number): Gaussian {
    const mean = new Float64Array(I)
    for (const { sum } of classes)
      for (let i = 0; i < I; i++) mean[i] = (mean[i] as number) + (sum[i] as number) / samples
    const lower = gram.map((value) => value / samples)
    rankOne(lower, mean, -1)
    const factor = loaded(lower, I, (shrinkage * traceOf(lower, I)) / I)
    cholesky(factor, I)
    const inverse = new Float64Array(I * I)
    let halfLog = 0
    for (let i = 0; i < I; i++) {
      inverse[i * I + i] = 1
      halfLog += Math.log(factor[i * I + i] as number)
    }
    choleskySolve(factor, I, inverse)
    return new Gaussian(Float32Array.from(mean), Float32Array.from(inverse), halfLog)
  }

  /** One of rows of I numbers that a state holds. @throws PalimpsestError `DTYPE`, `LENGTH`, `NON_FINITE` */
  static from(arrays: MethodState['arrays'], I: number): Gaussian {
    const { halfLog } = arrays
    if (!(halfLog instanceof Float64Array && halfLog.length === 1 && Number.isFinite(halfLog[0])))
      throw new PalimpsestError('NON_FINITE', 'halfLog of the state is not one finite float64')
    return new Gaussian(floatsOf(arrays, 'mean', I), floatsOf(arrays, 'inverse', I * I), halfLog[0] as number)
  }

  /** of a state; copies */
  arrays(): MethodState['arrays'] {
    return { mean: this.#mean.slice(), inverse: this.#inverse.slice(), halfLog: Float64Array.of(this.#halfLog) }
  }

  /** what it takes */
  get bytes(): number {
    return this.#mean.byteLength + this.#inverse.byteLength
  }

  /** log density of rows x [B, I], less the same constant for all Gaussians of I numbers; in nats */
  logDensities(x: Float32Array): Float64Array {
    const I = this.#mean.length
    const rows = x.length / I
    const [centred, product] = [alignedFloats(x.length), alignedFloats(x.length)]
    for (let at = 0; at < x.length; at++) centred[at] = (x[at] as number) - (this.#mean[at % I] as number)
    native.matmulNN(rows, I, I, centred, this.#inverse, null, product, false, false)
    native.multiply(product, centred, product)
    const squares = new Float32Array(rows)
    native.rowSums(rows, I, product, squares)
    return Float64Array.from(squares, (square) => -square / 2 - this.#halfLog)
  }
}
