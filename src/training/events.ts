import type { Schedule } from '../optim/schedule.ts'

export interface FitOptions {
  /** default 1 */
  readonly epochs?: number
  /** default 100; the last batch of an epoch holds what remains */
  readonly batchSize?: number
  /** default `constant` */
  readonly schedule?: Schedule
  /** also report every so many steps; default: only at the end of an epoch */
  readonly every?: number
  /** ends the training between two steps, by throwing the signal's reason */
  readonly signal?: AbortSignal
}

/** What training reports. Losses are in nats; the penalty is null when there is none. */
export interface FitEvent {
  readonly type: 'step' | 'epoch'
  /** from 1 */
  readonly epoch: number
  readonly epochs: number
  /** steps done, of all epochs */
  readonly step: number
  readonly steps: number
  /** mean cross-entropy: of the last batch for a step, of all its batches for an epoch */
  readonly loss: number
  /** of the last step, before it changed the weights */
  readonly penalty: number | null
}

export interface ConsolidateOptions {
  /** default 100; decides how many samples `batches` means, and for the `article` estimator which samples share a batch */
  readonly batchSize?: number
  /** how many batches of the set to look at, drawn at random; default: the whole set */
  readonly batches?: number
}

export interface Evaluation {
  /** share of samples whose largest logit is that of their label (the lowest such class, when equal) */
  readonly accuracy: number
  /** mean cross-entropy, in nats */
  readonly loss: number
  readonly count: number
}

export interface Prediction {
  /** [B] the most probable class of each row */
  readonly labels: Uint32Array
  /** [B, C], each row sums to 1 */
  readonly probabilities: Float32Array
}
