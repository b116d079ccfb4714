import { between, type Quadratic, within } from '../optim/optimizer.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { Anchors, type Mode } from './anchors.ts'
import { articleDiagonal } from './article.ts'
import { oneOf } from './checks.ts'
import { type Diagonal, ESTIMATORS, type FisherEstimator, fisherDiagonal } from './fisher.ts'
import { type FloorUnits, withUnitFloor } from './floor.ts'
import type { Method, MethodState, Task } from './method.ts'

/** What {@link Ewc} takes. */
export interface EwcOptions {
  /**
   * weight of the penalty, 0 or more; default 100, which was best on MNIST then Fashion-MNIST; with means over samples the
   * Bayesian value for tasks of equal size is 1. `Sgd` refuses one under which its steps would diverge (PENALTY_UNSTABLE).
   * `Adam` divides by the size of the gradient and does not diverge, so there nothing warns: one that is too large shows as a
   * new task whose loss stays high.
   */
  readonly lambda?: number
  /** default `exact`; `article` is the article's, see {@link articleDiagonal} */
  readonly estimator?: FisherEstimator | 'article'
  /**
   * `separate` (default) keeps one penalty a task, collapsed to a single quadratic; `online` sums the Fishers, old ones
   * times gamma, about the latest weights; `latest` keeps only the last task, as the article's code does. The default is
   * the first paper's formula. For two tasks the first two are the same; for more choose `online`: docs/methods.md has what
   * was measured.
   */
  readonly mode?: Mode
  /** what remains of the old precision at each consolidation, from 0 to 1, in mode `online`; default 1 */
  readonly gamma?: number
  /** see {@link withUnitFloor}; default 0 */
  readonly floor?: number
  /** which units have it; default `all` */
  readonly floorUnits?: FloorUnits
}

/**
 * Elastic Weight Consolidation (Kirkpatrick et al. 2017, arXiv:1612.00796, equation 3): while a new task is learnt,
 * `L = mean cross-entropy + (lambda / 2) sum over tasks t of sum F_t (theta - theta_t)^2`.
 *
 * `ewc.reference.ts` writes that sum down literally. Here it takes O(P) memory for any number of tasks, since quadratics
 * add up: `anchor += F / (sumF + F) (theta - anchor)`, `sumF += F`, and a constant.
 *
 * It holds what old tasks need, but does not learn to tell new classes from old ones that no batch holds together: in one
 * head, split MNIST ends at the accuracy of keeping nothing. `Learner.fit` warns of that (PENALTY_CLASS_INCREMENTAL);
 * `Analytic` does learn it.
 */
export class Ewc implements Method {
  readonly name = 'ewc'
  readonly storesSamples = false
  /** see {@link EwcOptions.lambda}; the others likewise */
  readonly lambda: number
  /** what measures F */
  readonly estimator: FisherEstimator | 'article'
  /** which tasks are kept, and about which anchor */
  readonly mode: Mode
  /** of mode `online` */
  readonly gamma: number
  /** share of a layer's mean that is added to F */
  readonly floor: number
  /** which units have it */
  readonly floorUnits: FloorUnits
  readonly #anchors = new Anchors(this.name)

  /**
   * @param options - all have defaults.
   * @throws PalimpsestError `INVALID_ARGUMENT` for a negative lambda or floor, a gamma outside [0, 1], an unknown word
   */
  constructor(options: EwcOptions = {}) {
    const { lambda = 100, estimator = 'exact', mode = 'separate', gamma = 1, floor = 0, floorUnits = 'all' } = options
    this.lambda = within('lambda', lambda, 0, Infinity)
    this.floor = within('floor', floor, 0, Infinity)
    this.gamma = between('gamma', gamma, 0, 1)
    this.estimator = oneOf('estimator', estimator, [...ESTIMATORS, 'article'])
    this.floorUnits = oneOf('floorUnits', floorUnits, ['all', 'silent'])
    this.mode = oneOf('mode', mode, ['separate', 'online', 'latest'])
  }

  /** how many tasks the penalty protects */
  get tasks(): number {
    return this.mode === 'latest' ? Math.min(this.#anchors.tasks, 1) : this.#anchors.tasks
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
    this.#anchors.add(fisher, this.mode, this.gamma)
  }

  /**
   * The penalty on these parameters, or null before the first consolidation. Parameters that no consolidation has seen
   * are free; a process warning with the code PARAMETER_UNPROTECTED names them, once a consolidation.
   * @throws PalimpsestError `PENALTY_POWERLESS` when it knows none of them
   */
  quadratic(parameters: readonly Parameter[]): Quadratic | null {
    return this.#anchors.quadratic(parameters, this.lambda)
  }

  /**
   * The penalty's value now: (lambda / 2) (sum F (theta - anchor)^2 + constant), in nats; null before the first
   * consolidation. @throws as {@link quadratic}
   */
  penalty(parameters: readonly Parameter[]): number | null {
    return this.#anchors.penalty(parameters, this.lambda)
  }

  state(parameters: readonly Parameter[]): MethodState {
    return this.#anchors.state(parameters)
  }

  restore(parameters: readonly Parameter[], state: MethodState): void {
    this.#anchors.restore(parameters, state)
  }

  #fisherOf(task: Task): Diagonal {
    const { model, set, random } = task
    const fisher =
      this.estimator === 'article'
        ? articleDiagonal(task)
        : fisherDiagonal(model, set, { estimator: this.estimator, samples: samplesOf(task), random })
    return this.floor > 0 ? withUnitFloor(fisher, this.floor, { units: this.floorUnits }) : fisher
  }
}

/** how many samples of its set a consolidation looks at */
export const samplesOf = ({ set, batchSize, batches }: Task): number =>
  batches === null ? set.count : batchSize * batches
