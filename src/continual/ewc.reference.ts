import type { Tape } from '../autograd/tape.ts'
import { add } from '../ops/add.ts'
import { mul } from '../ops/mul.ts'
import { scale } from '../ops/scale.ts'
import { square } from '../ops/square.ts'
import { sub } from '../ops/sub.ts'
import { sum } from '../ops/sum.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Scalar } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Where a task left one parameter (theta_t), and how much the task needs each element to stay there (F_t). */
export interface Memory {
  /** theta */
  readonly parameter: Parameter
  /** F_t, in the parameter's shape */
  readonly fisher: Float32Array
  /** theta_t, in the parameter's shape */
  readonly anchor: Float32Array
}

/**
 * The penalty of Elastic Weight Consolidation, as the paper writes it (Kirkpatrick et al. 2017, arXiv:1612.00796,
 * equation 3), with one anchor a task: (lambda / 2) sum over t of sum F_t (theta - theta_t)^2. Added to the loss and
 * differentiated by the tape, it is what `Ewc` computes inside the optimizer's pass; tests hold the two together.
 * @returns nats. @throws PalimpsestError as the operations
 */
export function ewcPenalty(tape: Tape, memories: readonly Memory[], lambda: number): Tensor<Scalar> {
  let total = tape.input<Scalar>(new Float32Array(1), [])
  for (const { parameter, fisher, anchor } of memories) {
    const moved = sub(tape.watch(parameter), tape.input(anchor, parameter.shape))
    total = add(total, sum(mul(tape.input(fisher, parameter.shape), square(moved))))
  }
  return scale(total, lambda / 2)
}
