import type { MethodState } from '../continual/method.ts'
import type { PredictorLayer } from '../nn/predictor.ts'

/** What it remembers, as plain arrays and numbers. */
export type ModelState = Omit<MethodState, 'method'>

/** What a Predictor answers with: ReLU between layers; the last one's outputs are the logits of these classes. */
export interface Answering {
  readonly layers: readonly PredictorLayer[]
  readonly columns: readonly number[]
}

/** What learns in a classifier. Classes are numbers from 0; the arguments' lengths and values are checked already. */
export interface ServedModel {
  /** of what it keeps */
  readonly bytes: number
  /** whether `layers` tells memory that `learn` changes, and costs nothing */
  readonly live: boolean
  /** of `layers`, those that nothing changes */
  readonly hidden: readonly PredictorLayer[]
  /** Learns rows x [B, I] of these classes [B], each below `classes`; wholly or not at all. */
  learn(x: Float32Array, labels: readonly number[], classes: number): void
  /** Protects what was learnt, by these rows or by what was gathered while learning. @throws `UNSUPPORTED`, `EMPTY_SET` */
  consolidate(x: Float32Array | null, labels: readonly number[]): void
  /** Takes rows back. @throws `UNSUPPORTED`, `INVALID_ARGUMENT` */
  forget(x: Float32Array, labels: readonly number[]): void
  /** @throws `UNSUPPORTED` */
  removeClass(label: number): void
  /** whether a sample of the class is left */
  has(label: number): boolean
  /** what answers from now on */
  layers(): Answering
  /** see `Report.estimatedRise` */
  estimatedRise(): number | null
  /** copies */
  state(): ModelState
  /** @param classes - how many it was saved with. @throws PalimpsestError as methods do; it then is as it was */
  restore(state: ModelState, classes: number): void
}
