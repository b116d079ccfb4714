import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'
import type { Quadratic } from '../optim/optimizer.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'

/** A task that was learnt, and how much of its set to look at: `batchSize * batches` samples, or all of them. */
export interface Task {
  /** as it stands after the task */
  readonly model: Classifier
  /** what the task was learnt from */
  readonly set: LabelledSet
  /** samples a batch */
  readonly batchSize: number
  /** null: the whole set */
  readonly batches: number | null
  /** draws which samples to look at */
  readonly random: Random
}

/** What keeps old tasks: it looks at a task when that was learnt, and adds a penalty to the steps that follow. */
export interface Method {
  /** what messages call it */
  readonly name: string
  /** Remembers nothing of the task when it throws. */
  consolidate(task: Task): void
  /** the penalty on these parameters, or null before the first consolidation */
  quadratic(parameters: readonly Parameter[]): Quadratic | null
}
