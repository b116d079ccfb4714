import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import type { PredictorLayer } from '../nn/predictor.ts'
import { checkBoundedRows } from '../nn/rows.ts'
import { within } from '../optim/optimizer.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { type AnalyticHead, type AnalyticSolution, restricted, solveHead, triangle } from './analytic-heads.ts'
import { checkLabels, sumsOf } from './analytic-state.ts'
import { RunningSums } from './analytic-sums.ts'
import type { AnalyticOptions, AnalyticPrediction, AnalyticPredictOptions } from './analytic-types.ts'
import { oneOf, whole } from './checks.ts'
import { RandomFeatures } from './features.ts'
import type { MethodState } from './method.ts'

// rows at a time: a sum of float32 products is so long before it meets the float64 sums
const CHUNK = 400
const MOST_FEATURES = 16_384

/**
 * Learns classes in closed form from running sums: the sum of h h^T over all samples, and the sum of h and the count of
 * each class, where h are the inputs or frozen random ReLU features of them. No sample is kept, nothing is trained, and
 * classes may come in any order, for the sums do not depend on it: RanPAC (McDonnell et al. 2023, arXiv:2307.02251) and
 * streaming LDA (Hayes and Kanan 2020, arXiv:1909.01520). docs/analytic.md has the formulas and what they reach.
 *
 * Order, batches and merges change the result by rounding alone, of float32 products over at most 400 samples: elements
 * of the sum of h h^T by less than 1e-6 of sqrt(g_ii g_jj), weights and scores by less than 1e-3 of the largest at the default
 * ridge. Measured on 20,000 images of MNIST and of Fashion-MNIST with up to 1,000 features: 2e-7, 3e-5 and 2e-5, and not
 * one of 10,000 answers.
 */
export class Analytic {
  /** what its state is called */
  readonly name = 'analytic'
  /** it keeps none */
  readonly storesSamples = false
  /** see {@link AnalyticOptions}; the others likewise */
  readonly inputs: number
  /** D, 0 for the inputs themselves */
  readonly features: number
  /** how the sums become scores */
  readonly head: AnalyticHead
  /** share of the mean diagonal element */
  readonly ridge: number
  /** of the random features */
  readonly seed: number
  /** whether each class has its own Gram matrix */
  readonly removable: boolean
  readonly #random: RandomFeatures | null
  readonly #sums: RunningSums
  #h: Float32Array = alignedFloats(0)
  #solution: AnalyticSolution | null = null

  /** @param options - inputs at least. @throws PalimpsestError `INVALID_ARGUMENT` for an option outside its range */
  constructor({ inputs, features = 0, head = 'ridge', ridge = 1e-3, seed = 0, removable = false }: AnalyticOptions) {
    this.inputs = whole('inputs', inputs, 1, features === 0 ? MOST_FEATURES : 2 ** 20)
    this.features = whole('features', features, 0, MOST_FEATURES)
    this.head = oneOf('head', head, ['ridge', 'means'])
    this.ridge = within('ridge', ridge, 0, Infinity)
    this.seed = whole('seed', seed, 0, Number.MAX_SAFE_INTEGER)
    this.#random = features === 0 ? null : new RandomFeatures(inputs, features, seed)
    this.removable = removable === true
    this.#sums = new RunningSums(features || inputs, this.removable)
  }

  /** numbers of the classes that were learnt, ascending */
  get classes(): readonly number[] {
    return this.#sums.labels
  }

  /** how many samples were learnt */
  get samples(): number {
    return this.#sums.samples
  }

  /**
   * what it remembers, in bytes: 8 (D (D + 1) / 2 + C (D + 2)), the first term C times where classes are removable. The
   * random features are the seed's, and not counted
   */
  get bytes(): number {
    const { features, labels } = this.#sums
    return 8 * (triangle(features) * (this.removable ? labels.length : 1) + labels.length * (features + 2))
  }

  /** how many samples of a class were learnt */
  countOf(label: number): number {
    return this.#sums.of(label)?.count ?? 0
  }

  /**
   * Learns rows x [B, I] with labels [B], whole numbers from 0 to 65535. A class is there from its first sample on; the
   * sums of others do not change.
   * @throws PalimpsestError `DTYPE`, `EMPTY_SET`, `LENGTH`, `LABEL_OUT_OF_RANGE`; `NON_FINITE` for NaN, infinity, and what
   * is beyond 1e12, whose squares are near to it in float32; nothing is learnt then
   */
  learn(x: Float32Array, labels: ArrayLike<number>): void {
    this.#checkBatch(x, labels)
    this.#add(x, labels, 1)
  }

  /** The same with all samples of a set, each byte times 1/255. @throws PalimpsestError `SHAPE` */
  learnSet(set: LabelledSet): void {
    if (set.features !== this.inputs)
      throw new PalimpsestError('SHAPE', `${set.name} has ${set.features} features, expected ${this.inputs}`)
    for (const { x, y } of batches(set, { size: CHUNK, reuse: true })) this.#add(x, y, 1)
  }

  /**
   * Takes back what `learn` made of these samples, which it cannot tell from others: give it none that were not learnt.
   * A class without samples is gone; without any class all sums are 0.
   * @throws PalimpsestError as `learn`; `INVALID_ARGUMENT` for more samples of a class than were learnt; nothing is
   * forgotten then
   */
  forget(x: Float32Array, labels: ArrayLike<number>): void {
    this.#checkBatch(x, labels)
    const counts = new Map<number, number>()
    for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1)
    for (const [label, count] of counts)
      if (count > this.countOf(label))
        throw invalid(`forget: ${count} samples of class ${label}, of which ${this.countOf(label)} were learnt`)
    this.#add(x, labels, -1)
  }

  /**
   * Forgets a class without its samples: its mean, its count, and its share in the mean of all, exactly. Where classes are
   * `removable` nothing of it is left; else its scatter about its own mean stays in the sum over all classes, as what noise
   * looks like, and only `forget` takes that back.
   * @throws PalimpsestError `INVALID_ARGUMENT` for a class that was not learnt
   */
  removeClass(label: number): void {
    this.#checkKnown(label)
    this.#sums.remove(label)
    this.#solution = null
  }

  /**
   * Learns all that another has, which stays as it is: both may have seen the same classes or others.
   * @throws PalimpsestError `SHAPE` unless both have the same inputs, features, `removable` and, with features, seed
   */
  merge(other: Analytic): void {
    const keyOf = ({ inputs, features, seed, removable }: Analytic) =>
      `inputs ${inputs}, features ${features}${features === 0 ? '' : `, seed ${seed}`}${removable ? ', removable' : ''}`
    if (keyOf(other) !== keyOf(this))
      throw new PalimpsestError('SHAPE', `merge: the other has ${keyOf(other)}, expected ${keyOf(this)}`)
    this.#sums.merge(other.#sums)
    this.#solution = null
  }

  /**
   * The scores' weights [C, D] and biases [C], computed when something changed since they were last asked for.
   * @throws PalimpsestError `EMPTY_SET` before the first sample; `NOT_POSITIVE_DEFINITE` when ridge is too small
   */
  solve(): AnalyticSolution {
    if (this.samples === 0) throw new PalimpsestError('EMPTY_SET', 'no sample was learnt')
    this.#solution ??= { classes: this.classes, ...solveHead(this.head, this.#sums, this.ridge) }
    return this.#solution
  }

  /**
   * Classes of rows x [B, I]. The first call after a change solves; the results of a row do not depend on the others.
   * @throws PalimpsestError `DTYPE`, `EMPTY_SET`, `LENGTH`, `NON_FINITE` as `learn`; `INVALID_ARGUMENT` for a class that
   * was not learnt, or none; and as `solve`
   */
  predict(x: Float32Array, { among }: AnalyticPredictOptions = {}): AnalyticPrediction {
    const rows = checkBoundedRows(x, this.inputs)
    for (const label of among ?? []) this.#checkKnown(label)
    if (among?.length === 0) throw invalid('predict: among names no class')
    const { classes, weight, bias } = restricted(this.solve(), among)
    const [C, D] = [classes.length, this.#sums.features]
    const [scores, best] = [new Float32Array(rows * C), new Uint32Array(rows)]
    for (let from = 0; from < rows; from += CHUNK) {
      const to = Math.min(from + CHUNK, rows)
      const out = scores.subarray(from * C, to * C)
      native.matmulNT(to - from, C, D, this.#featuresOf(x, from, to), weight, bias, out, false, false)
      native.argmax(to - from, C, out, best.subarray(from, to))
    }
    return { labels: best.map((column) => classes[column] as number), classes, scores }
  }

  /** What a Predictor answers with: the random features where there are any, and the scores. @throws as {@link solve} */
  layers(): readonly PredictorLayer[] {
    const { weight, bias } = restricted(this.solve())
    return [...this.hidden, { weight, bias, norm: [] }]
  }

  /** Those of {@link layers} that no sample changes: the random features, where there are any. */
  get hidden(): readonly PredictorLayer[] {
    return this.#random ? [this.#random.layer] : []
  }

  /** All that it remembers; head and ridge are not part of it. The arrays are copies. */
  state(): MethodState {
    const { inputs, features, seed, removable } = this
    return {
      method: this.name,
      numbers: { inputs, features, seed, removable: Number(removable) },
      arrays: this.#sums.arrays(),
    }
  }

  /**
   * Remembers what a state says, instead of what it did. Head and ridge may be others than when it was taken.
   * @throws PalimpsestError `INVALID_ARGUMENT`, `DTYPE`, `LENGTH`, `NON_FINITE`, `LABEL_OUT_OF_RANGE`; it then remembers
   * what it did before
   */
  restore(state: MethodState): void {
    this.#sums.replace(sumsOf(state, this))
    this.#solution = null
  }

  #add(x: Float32Array, labels: ArrayLike<number>, sign: 1 | -1): void {
    const most = Math.min(labels.length, CHUNK)
    this.#sums.reserve(labels, most, sign)
    this.#room(most)
    this.#solution = null
    for (let from = 0; from < labels.length; from += CHUNK) {
      const to = Math.min(from + CHUNK, labels.length)
      this.#sums.add(this.#featuresOf(x, from, to), Array.prototype.slice.call(labels, from, to), sign)
    }
  }

  /** h of the rows from `from` to `to`; those of the last call are overwritten */
  #featuresOf(x: Float32Array, from: number, to: number): Float32Array {
    const rows = x.subarray(from * this.inputs, to * this.inputs)
    if (!this.#random) return rows
    const h = this.#room(to - from)
    this.#random.of(to - from, rows, h)
    return h
  }

  /** memory for the features of so many rows */
  #room(rows: number): Float32Array {
    const length = rows * this.features
    if (this.#h.length < length) this.#h = alignedFloats(length)
    return this.#h.subarray(0, length)
  }

  #checkBatch(x: Float32Array, labels: ArrayLike<number>): void {
    const rows = checkBoundedRows(x, this.inputs)
    if (labels.length !== rows)
      throw new PalimpsestError('LENGTH', `there are ${labels.length} labels for ${rows} rows`)
    checkLabels(labels)
  }

  #checkKnown(label: number): void {
    if (!this.#sums.of(label)) throw invalid(`class ${label} was not learnt`)
  }
}

const invalid = (message: string) => new PalimpsestError('INVALID_ARGUMENT', message)
