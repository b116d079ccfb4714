import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { type Anchored, penaltyOf, type Quadratic, within } from '../optim/optimizer.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { articleDiagonal } from './article.ts'
import { oneOf } from './checks.ts'
import { type Diagonal, ESTIMATORS, type FisherEstimator, fisherDiagonal } from './fisher.ts'
import { withUnitFloor } from './floor.ts'
import type { Method, Task } from './method.ts'

/** What {@link Ewc} takes. */
export interface EwcOptions {
  /** weight of the penalty, 0 or more; with means over samples the Bayesian value for tasks of equal size is 1 */
  readonly lambda: number
  /** default `exact`; `article` is the article's, see {@link articleDiagonal} */
  readonly estimator?: FisherEstimator | 'article'
  /**
   * `separate` (default) keeps one penalty a task, collapsed to a single quadratic; `latest` replaces the penalty at
   * every consolidation, so that only the last task is kept, as the article's code does.
   */
  readonly mode?: 'separate' | 'latest'
  /** see {@link withUnitFloor}; default 0 */
  readonly floor?: number
}

/**
 * Elastic Weight Consolidation (Kirkpatrick et al. 2017, arXiv:1612.00796, equation 3): while a new task is learnt,
 * `L = mean cross-entropy + (lambda / 2) sum over tasks t of sum F_t (theta - theta_t)^2`.
 *
 * `ewc.reference.ts` writes that sum down literally. Here it takes O(P) memory for any number of tasks, since quadratics
 * add up: `anchor += F / (sumF + F) (theta - anchor)`, `sumF += F`, and a constant.
 */
export class Ewc implements Method {
  readonly name = 'ewc'
  /** see {@link EwcOptions.lambda}; the others likewise */
  readonly lambda: number
  /** what measures F */
  readonly estimator: FisherEstimator | 'article'
  /** which tasks are kept */
  readonly mode: 'separate' | 'latest'
  /** share of a layer's mean that is added to F */
  readonly floor: number
  #anchored: ReadonlyMap<Parameter, Anchored> = new Map()
  #constant = 0
  #largest = 0
  #tasks = 0
  #warned = false

  /** @param options - lambda at least. @throws PalimpsestError `INVALID_ARGUMENT` for a negative lambda or floor, an unknown estimator or mode */
  constructor({ lambda, estimator = 'exact', mode = 'separate', floor = 0 }: EwcOptions) {
    this.lambda = within('lambda', lambda, 0, Infinity)
    this.floor = within('floor', floor, 0, Infinity)
    this.estimator = oneOf('estimator', estimator, [...ESTIMATORS, 'article'])
    this.mode = oneOf('mode', mode, ['separate', 'latest'])
  }

  /** how many tasks the penalty protects */
  get tasks(): number {
    return this.mode === 'latest' ? Math.min(this.#tasks, 1) : this.#tasks
  }

  /**
   * Adds a penalty that holds the model where it is, as firmly as the task's set needs it.
   * @throws PalimpsestError `PENALTY_POWERLESS` when the Fisher is 0 everywhere, `NON_FINITE` when it or the model holds
   * NaN or infinity, and what the estimator throws; the penalty is then as it was
   */
  consolidate(task: Task): void {
    this.add(this.#fisherOf(task))
  }

  /**
   * The same with a diagonal of the caller's, at the parameters' present values.
   * @throws as {@link consolidate}; also `INVALID_ARGUMENT` for a negative number, `LENGTH`
   */
  add(fisher: Diagonal): void {
    check(fisher)
    const old = this.mode === 'separate' ? this.#anchored : new Map<Parameter, Anchored>()
    const merged = new Map(old)
    let constant = this.mode === 'separate' ? this.#constant : 0
    for (const [parameter, f] of fisher) {
      const held = old.get(parameter)
      const [precision, anchor] = [alignedFloats(parameter.size), alignedFloats(parameter.size)]
      if (held) precision.set(held.precision)
      anchor.set(held?.anchor ?? parameter.data)
      constant += native.mergeQuadratic(parameter.data, f, anchor, precision)
      merged.set(parameter, { precision, anchor })
    }
    const largest = [...merged.values()].reduce(
      (most, { precision }) => precision.reduce((a, b) => Math.max(a, b), most),
      0,
    )
    if (!Number.isFinite(constant) || !Number.isFinite(largest))
      throw new PalimpsestError(
        'NON_FINITE',
        'the penalty would not be finite: parameters are not, or the Fishers overflow',
      )
    this.#anchored = merged
    this.#constant = constant
    this.#largest = largest
    this.#tasks++
    this.#warned = false
  }

  /**
   * The penalty on these parameters, or null before the first consolidation. Parameters that no consolidation has seen
   * are free; a process warning with the code PARAMETER_UNPROTECTED names them, once a consolidation.
   * @throws PalimpsestError `PENALTY_POWERLESS` when it knows none of them
   */
  quadratic(parameters: readonly Parameter[]): Quadratic | null {
    if (this.#tasks === 0) return null
    const free = parameters.filter((parameter) => !this.#anchored.has(parameter)).map(({ name }) => name)
    if (free.length === parameters.length)
      throw new PalimpsestError(
        'PENALTY_POWERLESS',
        `none of the parameters (${free.join(', ')}) was there at a consolidation: this penalty belongs to another model`,
      )
    if (free.length > 0 && !this.#warned) {
      this.#warned = true
      process.emitWarning(`ewc does not protect ${free.join(', ')}: added after the last consolidation`, {
        type: 'PalimpsestWarning',
        code: 'PARAMETER_UNPROTECTED',
      })
    }
    const { lambda } = this
    return {
      lambda,
      constant: this.#constant,
      largest: this.#largest,
      of: (parameter) => this.#anchored.get(parameter),
    }
  }

  /**
   * The penalty's value now: (lambda / 2) (sum F (theta - anchor)^2 + constant), in nats; null before the first
   * consolidation. @throws as {@link quadratic}
   */
  penalty(parameters: readonly Parameter[]): number | null {
    const quadratic = this.quadratic(parameters)
    if (!quadratic) return null
    const sum = parameters.reduce((total, parameter) => {
      const held = quadratic.of(parameter)
      return held ? total + native.quadraticSum(parameter.data, held.anchor, held.precision) : total
    }, 0)
    return penaltyOf(quadratic, sum)
  }

  #fisherOf(task: Task): Diagonal {
    const { model, set, batchSize, batches, random } = task
    const fisher =
      this.estimator === 'article'
        ? articleDiagonal(task)
        : fisherDiagonal(model, set, {
            estimator: this.estimator,
            samples: batches === null ? set.count : batchSize * batches,
            random,
          })
    return this.floor > 0 ? withUnitFloor(fisher, this.floor) : fisher
  }
}

function check(fisher: Diagonal): void {
  let any = false
  for (const [{ name }, values] of fisher) {
    for (const value of values) {
      if (!Number.isFinite(value)) throw new PalimpsestError('NON_FINITE', `the Fisher of ${name} holds ${value}`)
      if (value < 0)
        throw new PalimpsestError(
          'INVALID_ARGUMENT',
          `the Fisher of ${name} holds ${value}, expected no negative number`,
        )
      any ||= value > 0
    }
  }
  if (!any)
    throw new PalimpsestError(
      'PENALTY_POWERLESS',
      'the Fisher is 0 everywhere, so the penalty would be 0: the model may be certain of every sample, or wholly silent',
    )
}
