import { alignedFloats } from '../tensor/aligned.ts'
import { cholesky, choleskySolve } from './cholesky.ts'

/** Running sums over samples of features h [D], of which both heads are functions. */
export interface Sums {
  /** D */
  readonly features: number
  /** how many samples */
  readonly samples: number
  /** [D (D + 1) / 2], the lower triangle of the sum of h h^T, row after row */
  readonly gram: Float64Array
  /** what was seen of each class */
  readonly classes: readonly ClassSums[]
}

/** What was seen of one class. */
export interface ClassSums {
  /** how many samples */
  readonly count: number
  /** [D], sum of h */
  readonly sum: Float64Array
}

/** Scores are `weight h + bias`; the class of the largest is the answer. */
export interface LinearScores {
  /** [C, D] */
  readonly weight: Float64Array
  /** [C] */
  readonly bias: Float64Array
}

/** Scores of the classes that were learnt. */
export interface AnalyticSolution extends LinearScores {
  /** [C], their numbers, ascending */
  readonly classes: readonly number[]
}

/** The same in float32, of some classes: what predict multiplies with. */
export interface FloatScores {
  readonly classes: readonly number[]
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/** Which of the two. */
export type AnalyticHead = 'ridge' | 'means'

/**
 * `ridge` minimises, over W and b, the sum of |W h + b - onehot(y)|^2 + rho |W|^2, b free (RanPAC: McDonnell et al. 2023,
 * arXiv:2307.02251, equation 6, there without b). With m the mean of h, r_c = s_c - n_c m and A = G - n m m^T + rho I:
 * w_c = A^-1 r_c, b_c = n_c / n - w_c m.
 *
 * `means` is the posterior of Gaussians with a mean for each class, one covariance for all, and equal priors (streaming
 * LDA: Hayes and Kanan 2020, arXiv:1909.01520). With A = G - sum of n_c mu_c mu_c^T + rho I, which is n Sigma:
 * w_c = Sigma^-1 (mu_c - m) = n / n_c A^-1 r_c, b_c = -w_c (mu_c + m) / 2. These are their scores less that of m, equal for
 * all classes of a sample, which loses less by rounding; their shrinkage (1 - e) Sigma + e I is this one up to a factor.
 *
 * In both rho is `ridge` times the mean diagonal element of G.
 *
 * @throws PalimpsestError `NOT_POSITIVE_DEFINITE` when A is singular or indefinite
 */
export function solveHead(head: AnalyticHead, sums: Sums, ridge: number): LinearScores {
  const { features: D, samples, gram, classes } = sums
  const mean = meanOf(sums)
  const lower = gram.slice()
  if (head === 'ridge') rankOne(lower, mean, -samples)
  else for (const { count, sum } of classes) rankOne(lower, sum, -1 / count)
  const matrix = loaded(lower, D, (ridge * traceOf(gram, D)) / D)
  cholesky(matrix, D)

  const weight = new Float64Array(classes.length * D)
  classes.forEach(({ count, sum }, c) => {
    const scale = head === 'ridge' ? 1 : samples / count
    for (let i = 0; i < D; i++) weight[c * D + i] = scale * ((sum[i] as number) - count * (mean[i] as number))
  })
  choleskySolve(matrix, D, weight)
  const bias = Float64Array.from(classes, ({ count, sum }, c) => {
    let [own, all] = [0, 0]
    for (let i = 0; i < D; i++) {
      const value = weight[c * D + i] as number
      own += (value * (sum[i] as number)) / count
      all += value * (mean[i] as number)
    }
    return head === 'ridge' ? count / samples - all : -(own + all) / 2
  })
  return { weight, bias }
}

/** Of the classes that are among these: weight [K, D], bias [K]. */
export function restricted(
  { classes, weight, bias }: AnalyticSolution,
  among: readonly number[] = classes,
): FloatScores {
  const D = weight.length / classes.length
  const wanted = new Set(among)
  const chosen = classes.flatMap((label, c) => (wanted.has(label) ? [c] : []))
  const [w, b] = [alignedFloats(chosen.length * D), alignedFloats(chosen.length)]
  chosen.forEach((c, k) => {
    w.set(weight.subarray(c * D, (c + 1) * D), k * D)
    b[k] = bias[c] as number
  })
  return { classes: chosen.map((c) => classes[c] as number), weight: w, bias: b }
}

/** how many numbers the first `rows` rows of a lower triangle hold */
export const triangle = (rows: number): number => (rows * (rows + 1)) / 2

/** [D, D] of the lower triangle, with `more` on the diagonal; zeros above it */
export function loaded(lower: Float64Array, D: number, more: number): Float64Array {
  const matrix = new Float64Array(D * D)
  for (let i = 0; i < D; i++) {
    matrix.set(lower.subarray(triangle(i), triangle(i + 1)), i * D)
    matrix[i * D + i] = (matrix[i * D + i] as number) + more
  }
  return matrix
}

/** sum of the diagonal of a lower triangle */
export function traceOf(lower: Float64Array, D: number): number {
  let trace = 0
  for (let i = 0; i < D; i++) trace += lower[triangle(i + 1) - 1] as number
  return trace
}

/** A += factor v v^T, A the lower triangle */
export function rankOne(lower: Float64Array, v: Float64Array, factor: number): void {
  for (let i = 0, at = 0; i < v.length; i++) {
    const value = factor * (v[i] as number)
    for (let j = 0; j <= i; j++, at++) lower[at] = (lower[at] as number) + value * (v[j] as number)
  }
}

function meanOf({ features, samples, classes }: Sums): Float64Array {
  const mean = new Float64Array(features)
  for (const { sum } of classes) for (let i = 0; i < features; i++) mean[i] = (mean[i] as number) + (sum[i] as number)
  for (let i = 0; i < features; i++) mean[i] = (mean[i] as number) / samples
  return mean
}
