import type { Method } from '../continual/method.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Schedule } from '../optim/schedule.ts'

/** What a Learner takes besides a model. */
export interface LearnerOptions {
  /** changes the model's parameters */
  readonly optimizer: Optimizer
  /** what keeps old tasks; default null: nothing */
  readonly method?: Method | null
  /** of shuffling and of the samples that a consolidation draws; default: the model's */
  readonly seed?: number
}

/** How `fit` trains. */
export interface FitOptions {
  /** times through the set; default 1 */
  readonly epochs?: number
  /** ends after exactly so many steps, in as many epochs as they take, instead of after `epochs` */
  readonly steps?: number
  /** samples a step, default 100; the last batch of an epoch holds what remains */
  readonly batchSize?: number
  /** what multiplies the optimizer's learning rate at each step; default `constant` */
  readonly schedule?: Schedule
  /** also report every so many steps; default: only at the end of an epoch */
  readonly every?: number
  /**
   * goes on with the last fit that was interrupted, here or before a checkpoint was saved, given the same set and options;
   * begins anew when none was; default false
   */
  readonly resume?: boolean
  /** ends the training between two steps, by throwing the signal's reason */
  readonly signal?: AbortSignal
}

/** What training reports. Losses are in nats; the penalty is null when there is none. */
export interface FitEvent {
  /** which of the two it reports */
  readonly type: 'step' | 'epoch'
  /** from 1 */
  readonly epoch: number
  /** how many there will be */
  readonly epochs: number
  /** steps done, of all epochs */
  readonly step: number
  /** how many there will be, of all epochs */
  readonly steps: number
  /** mean cross-entropy: of the last batch for a step, of all its batches for an epoch */
  readonly loss: number
  /** of the last step, before it changed the weights */
  readonly penalty: number | null
}

/** How much of a set `consolidate` looks at. */
export interface ConsolidateOptions {
  /** default 100; decides how many samples `batches` means, and for the `article` estimator which samples share a batch */
  readonly batchSize?: number
  /** how many batches of the set to look at, drawn at random; default: the whole set */
  readonly batches?: number
}

/** What `evaluate` finds. */
export interface Evaluation {
  /** share of samples whose largest logit is that of their label (the lowest such class, when equal) */
  readonly accuracy: number
  /** mean cross-entropy, in nats */
  readonly loss: number
  /** samples of the set */
  readonly count: number
}
