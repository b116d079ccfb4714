import type { Tape } from '../autograd/tape.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'
import type { Quadratic } from '../optim/optimizer.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'
import type { Matrix, Scalar } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

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

/** One step's batch, as a term of the loss sees it: inside the step, before the backward pass. */
export interface StepBatch {
  /** what learns */
  readonly model: Classifier
  /** [B, I], a tensor of the step */
  readonly x: Tensor<Matrix>
  /** [B] */
  readonly y: Uint8Array
  /** [B, C], what the model made of x */
  readonly logits: Tensor<Matrix>
}

/** What a method remembers, as plain data: for saving, and for `restore` of a method made with the same options. */
export interface MethodState {
  /** its `name` */
  readonly method: string
  /** counters and sums */
  readonly numbers: Readonly<Record<string, number>>
  /** what it keeps, by a name; what belongs to a parameter is called `<parameter>/<what>` */
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Uint8Array>>
}

/**
 * What keeps old tasks. It looks at a task when that was learnt, and takes part in the steps that follow by any of three
 * hooks: a term of the loss, a gradient of its own, a quadratic that the optimizer adds in its pass over memory.
 */
export interface Method {
  /** what messages and reports call it */
  readonly name: string
  /** whether it keeps samples of old tasks */
  readonly storesSamples: boolean
  /** What is added to the loss of this step, or null. */
  lossTerm?(batch: StepBatch, tape: Tape): Tensor<Scalar> | null
  /** Adds to the `gradient` of the parameters, after the backward pass. Returns the penalty it stands for, in nats. */
  addGradient?(parameters: readonly Parameter[]): number
  /** The penalty on these parameters, or null before the first consolidation. */
  quadratic?(parameters: readonly Parameter[]): Quadratic | null
  /** Remembers nothing of the task when it throws. */
  consolidate(task: Task): void
  /** All that it remembers of these parameters. The arrays are copies. */
  state?(parameters: readonly Parameter[]): MethodState
  /**
   * Remembers what a state says, instead of what it did. A parameter may have more units than when the state was taken:
   * rows were added at its end, and are free. Given the model of these parameters, it also refuses what does not fit that.
   * @throws PalimpsestError `INVALID_ARGUMENT`, `LENGTH`, `NON_FINITE`, `SHAPE`; it then remembers what it did before
   */
  restore?(parameters: readonly Parameter[], state: MethodState, model?: Classifier): void
}
