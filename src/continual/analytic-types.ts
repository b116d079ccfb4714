import type { AnalyticHead } from './analytic-heads.ts'

/** What {@link Analytic} takes. */
export interface AnalyticOptions {
  /** I, numbers a row */
  readonly inputs: number
  /** D, random ReLU features of a row; default 0: the inputs themselves. Time grows as D^2, memory as 4 D^2 bytes */
  readonly features?: number
  /** default `ridge`: least squares to one-hot targets; `means`: Gaussians with one covariance for all classes */
  readonly head?: AnalyticHead
  /** what is added to the diagonal before solving, as a share of the Gram matrix's mean diagonal element; default 1e-3 */
  readonly ridge?: number
  /** of the random features; default 0 */
  readonly seed?: number
  /** keeps each class's own Gram matrix, so that `removeClass` leaves nothing of it: C times the memory; default false */
  readonly removable?: boolean
}

/** Which classes may be answered. */
export interface AnalyticPredictOptions {
  /** numbers of classes that were learnt: one task's, for a mask; default all */
  readonly among?: readonly number[]
}

/** What {@link Analytic.predict} answers. */
export interface AnalyticPrediction {
  /** [B], the number of the class with the largest score; of equal ones the lowest */
  readonly labels: Uint32Array
  /** [K], the numbers of the classes that might be answered, ascending: what the columns of scores are */
  readonly classes: readonly number[]
  /**
   * [B, K]. With head `ridge` a least-squares estimate of each class's probability, which may leave [0, 1]; with `means`
   * log-probabilities, up to a number of each row's own: their softmax is the posterior
   */
  readonly scores: Float32Array
}
