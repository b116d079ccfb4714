import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { checkRows } from '../nn/rows.ts'
import { within as inRange } from '../optim/optimizer.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { Analytic } from './analytic.ts'
import { type FloatScores, restricted } from './analytic-heads.ts'
import { checkNumbers, sumsOf } from './analytic-state.ts'
import { RunningSums } from './analytic-sums.ts'
import { numbersOf } from './anchors.ts'
import { arraysOfScores, prefixed, scoresOf, within } from './experts-state.ts'
import { RandomFeatures } from './features.ts'
import { Gaussian } from './gaussian.ts'
import type { MethodState } from './method.ts'

/** What {@link AnalyticExperts} takes. */
export interface AnalyticExpertsOptions {
  /** I, numbers a row */
  readonly inputs: number
  /** D, random features that all experts share; 0 for the inputs themselves; default 2,000 */
  readonly features?: number
  /** as of {@link Analytic}, of every expert; default 1e-3 */
  readonly ridge?: number
  /** what is added to the covariance of a task's inputs, as a share of its mean diagonal element; default 0.1, never tuned */
  readonly shrinkage?: number
  /** of the random features; default 0 */
  readonly seed?: number
}

/** What {@link AnalyticExperts.predict} answers, a number a row each. */
export interface ExpertPrediction {
  /** [B] numbers of classes */
  readonly labels: Uint32Array
  /** [B] which task each row most likely comes from, in the order of consolidation */
  readonly tasks: Uint32Array
}

/** A task that was learnt: how its inputs look, and what their classes are. */
interface Expert {
  readonly gate: Gaussian
  readonly scores: FloatScores
}

/** A task that is being learnt. */
interface Learning {
  readonly head: Analytic
  readonly gate: RunningSums
}

// rows at a time: results do not depend on it
const CHUNK = 1000

/**
 * For tasks whose inputs look different, and which are not named at test: an {@link Analytic} for each, and a Gaussian of
 * its inputs that says which of them a row most likely comes from (as the gates of Aljundi et al. 2017, arXiv:1611.06194,
 * where they are autoencoders). Nothing of a task changes once it was consolidated, so nothing is forgotten but by mistaking
 * the task. No sample is kept: a mean, an inverse covariance [I, I] and scores [C, D] a task, 4 (I^2 + I + C (D + 1)) bytes,
 * so it grows with the tasks. It assumes that the inputs of tasks have other means or covariances, as those of permutations
 * do: the same inputs with other labels it cannot tell apart. docs/methods.md has the formula.
 */
export class AnalyticExperts {
  /** what reports call it */
  readonly name = 'analytic-experts'
  /** it keeps none */
  readonly storesSamples = false
  /** see {@link AnalyticExpertsOptions}; the others likewise */
  readonly inputs: number
  /** D */
  readonly features: number
  /** of every expert */
  readonly ridge: number
  /** of every gate */
  readonly shrinkage: number
  /** of the random features */
  readonly seed: number
  readonly #random: RandomFeatures | null
  #experts: readonly Expert[] = []
  #learning: Learning | null = null

  /** @param options - inputs at least. @throws PalimpsestError `INVALID_ARGUMENT` for an option outside its range */
  constructor(options: AnalyticExpertsOptions) {
    const { inputs, features = 2000, ridge = 1e-3, shrinkage = 0.1, seed = 0 } = options
    // refuses what is wrong with them
    new Analytic({ inputs, ridge, seed })
    this.inputs = inputs
    this.features = features
    this.ridge = ridge
    this.shrinkage = inRange('shrinkage', shrinkage, Number.MIN_VALUE, Infinity)
    this.seed = seed
    this.#random = features === 0 ? null : new RandomFeatures(inputs, features, seed)
  }

  /** how many tasks were consolidated */
  get tasks(): number {
    return this.#experts.length
  }

  /** what it remembers of consolidated tasks, in bytes */
  get bytes(): number {
    return this.#experts.reduce(
      (sum, { gate, scores }) => sum + gate.bytes + scores.weight.byteLength + scores.bias.byteLength,
      0,
    )
  }

  /** As {@link Analytic.learn}, of the task that is being learnt. */
  learn(x: Float32Array, labels: ArrayLike<number>): void {
    const learning = this.#learning ?? this.#beginning()
    learning.head.learn(x, labels)
    learning.gate.add(x, new Uint8Array(labels.length), 1)
    this.#learning = learning
  }

  /**
   * Ends the task that was being learnt: its expert never changes again.
   * @throws PalimpsestError `EMPTY_SET` when nothing was learnt since the last, `NOT_POSITIVE_DEFINITE`
   */
  consolidate(): void {
    if (!this.#learning) throw new PalimpsestError('EMPTY_SET', 'no sample was learnt since the last consolidation')
    const { head, gate } = this.#learning
    this.#experts = [...this.#experts, { gate: Gaussian.of(gate, this.shrinkage), scores: restricted(head.solve()) }]
    this.#learning = null
  }

  /**
   * Classes of rows x [B, I], each by the expert of its most likely task. Only consolidated tasks answer.
   * @throws PalimpsestError `EMPTY_SET` before the first consolidation or without a row, `DTYPE`, `LENGTH`, `NON_FINITE`
   */
  predict(x: Float32Array): ExpertPrediction {
    const rows = checkRows(x, this.inputs)
    if (!native.allFinite(x)) throw new PalimpsestError('NON_FINITE', 'x holds NaN or infinity')
    if (this.tasks === 0) throw new PalimpsestError('EMPTY_SET', 'no task was consolidated')
    const [labels, tasks] = [new Uint32Array(rows), new Uint32Array(rows)]
    for (let from = 0; from < rows; from += CHUNK) {
      const to = Math.min(from + CHUNK, rows)
      const some = x.subarray(from * this.inputs, to * this.inputs)
      this.#gate(some, tasks.subarray(from, to))
      this.#classify(some, tasks.subarray(from, to), labels.subarray(from, to))
    }
    return { labels, tasks }
  }

  /** All that it remembers, the task that is being learnt too; ridge and shrinkage are not part of it. The arrays are copies. */
  state(): MethodState {
    const { inputs, features, seed, tasks } = this
    const experts = this.#experts.map(({ gate, scores }, task) => ({
      ...prefixed(gate.arrays(), `${task}/gate/`),
      ...prefixed(arraysOfScores(scores), `${task}/scores/`),
    }))
    const learning = this.#learning && {
      ...prefixed(this.#learning.head.state().arrays, 'learning/head/'),
      ...prefixed(this.#learning.gate.arrays(), 'learning/gate/'),
    }
    return {
      method: this.name,
      numbers: { inputs, features, seed, tasks, learning: Number(learning !== null) },
      arrays: Object.assign({}, ...experts, learning),
    }
  }

  /**
   * Remembers what a state says, instead of what it did. Ridge and shrinkage may be others than when it was taken.
   * @throws PalimpsestError `INVALID_ARGUMENT`, `DTYPE`, `LENGTH`, `NON_FINITE`, `LABEL_OUT_OF_RANGE`; it then remembers
   * what it did before
   */
  restore(state: MethodState): void {
    const { inputs, features, seed } = this
    const numbers = numbersOf(state, this.name, ['inputs', 'features', 'seed', 'tasks', 'learning'])
    checkNumbers(numbers, { inputs, features, ...(features > 0 ? { seed } : {}) })
    const { arrays } = state
    const experts = Array.from({ length: numbers.tasks }, (_, task) => ({
      gate: Gaussian.from(within(arrays, `${task}/gate/`), inputs),
      scores: scoresOf(within(arrays, `${task}/scores/`), features || inputs),
    }))
    const learning = numbers.learning === 0 ? null : this.#beginning()
    const method = { method: 'analytic', numbers: { inputs, features, seed, removable: 0 } }
    learning?.head.restore({ ...method, arrays: within(arrays, 'learning/head/') })
    const gate = { inputs, features: 0, seed: 0, removable: false }
    const sums = { method: 'analytic', numbers: { ...gate, removable: 0 }, arrays: within(arrays, 'learning/gate/') }
    learning?.gate.replace(sumsOf(sums, gate))
    this.#experts = experts
    this.#learning = learning
  }

  #beginning(): Learning {
    const { inputs, features, ridge, seed } = this
    return { head: new Analytic({ inputs, features, ridge, seed }), gate: new RunningSums(inputs, false) }
  }

  #gate(x: Float32Array, tasks: Uint32Array): void {
    const best = new Float64Array(tasks.length).fill(-Infinity)
    for (const [task, { gate }] of this.#experts.entries())
      gate.logDensities(x).forEach((value, row) => {
        if (value <= (best[row] as number)) return
        best[row] = value
        tasks[row] = task
      })
  }

  #classify(x: Float32Array, tasks: Uint32Array, labels: Uint32Array): void {
    const rows = tasks.length
    const D = this.features || this.inputs
    const h = this.#random ? alignedFloats(rows * D) : x
    this.#random?.of(rows, x, h)
    for (const [task, { scores }] of this.#experts.entries()) {
      if (!tasks.includes(task)) continue
      const C = scores.classes.length
      const out = alignedFloats(rows * C)
      const classes = new Uint32Array(rows)
      native.matmulNT(rows, C, D, h, scores.weight, scores.bias, out, false, false)
      native.argmax(rows, C, out, classes)
      classes.forEach((at, row) => {
        if (tasks[row] === task) labels[row] = scores.classes[at] as number
      })
    }
  }
}
