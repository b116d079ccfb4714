import type { Parameter } from '../tensor/parameter.ts'
import type { Matrix } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** `training` normalises by the batch and moves running statistics; `evaluation` changes nothing. */
export type Mode = 'training' | 'evaluation'

/** A function of a batch [B, I] with parameters. The mode is an argument, so that none can be left behind. */
export interface Module {
  /** The rows that x [B, I] becomes, one a row. */
  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix>
  /** What training changes; always the same objects, in the same order. */
  parameters(): readonly Parameter[]
}

/** A module that turns rows of `inputs` numbers into `outputs` logits. */
export interface Classifier extends Module {
  /** I, numbers a row */
  readonly inputs: number
  /** C, classes */
  readonly outputs: number
  /** drives initial weights, and whatever learns with this model unless told otherwise */
  readonly seed: number
  /** Answers without a tape, in evaluation mode; what has no such method is answered for by its forward pass. */
  predict?(x: Float32Array): Prediction
}

/** What `predict` answers. */
export interface Prediction {
  /** [B] the most probable class of each row */
  readonly labels: Uint32Array
  /** [B, C], each row sums to 1 */
  readonly probabilities: Float32Array
}
