import { PalimpsestError } from '../../bindings/errors.ts'
import { columns } from '../ops/columns.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Matrix } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Classifier, Mode } from './module.ts'

/**
 * A classifier that shows a range of another's outputs, as if there were no others: softmax, loss, Fisher and answers
 * are over these alone, and the other outputs' weights take no gradient. The model is shared, not copied.
 *
 * - Task-incremental, k classes a task: `use(k * t, k * (t + 1))`, one head a task, labels within the task.
 * - Class-incremental: `use(0, seen)`, a head that grows; the outputs that were there keep their bits.
 * - Domain-incremental: all outputs, no heads.
 *
 * An optimizer that remembers gradients goes on moving a head that is no longer shown, until it is `reset()`.
 */
export class Heads implements Classifier {
  /** what has all the outputs */
  readonly model: Classifier
  #from = 0
  #to: number

  /** Shows all outputs at first. @param model - shared. */
  constructor(model: Classifier) {
    this.model = model
    this.#to = model.outputs
  }

  /** the first output that is shown */
  get from(): number {
    return this.#from
  }

  /** the first one after those that are shown */
  get to(): number {
    return this.#to
  }

  /** how many outputs are shown */
  get outputs(): number {
    return this.#to - this.#from
  }

  /** as the model's */
  get inputs(): number {
    return this.model.inputs
  }

  /** as the model's */
  get seed(): number {
    return this.model.seed
  }

  /**
   * Shows the outputs `from` to `to` (`to` itself excluded) from now on; not within a step. Returns this.
   * @throws PalimpsestError `INVALID_ARGUMENT` for a range outside the model's outputs or without any
   */
  use(from: number, to: number): this {
    const { outputs } = this.model
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to <= from || to > outputs)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `Heads: the range is ${from} to ${to}, expected one within the model's ${outputs} outputs`,
      )
    this.#from = from
    this.#to = to
    return this
  }

  /** Logits [B, outputs] of x [B, I]. @throws what the model throws */
  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    const logits = this.model.forward(x, mode)
    return this.outputs === this.model.outputs ? logits : columns(logits, this.#from, this.#to)
  }

  /** The model's: those of all heads. */
  parameters(): readonly Parameter[] {
    return this.model.parameters()
  }
}
