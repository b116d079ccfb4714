import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Matrix } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/**
 * The logarithm of the softmax of every row: logits [B, C] less their log-sum-exp.
 * @throws PalimpsestError `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function logSoftmax<B extends number, C extends number>(logits: Tensor<Matrix<B, C>>): Tensor<Matrix<B, C>> {
  const [batch, classes] = logits.shape
  const tape = tapeOf('logSoftmax', logits)
  const logP = tape.output(logits.shape)
  native.logSoftmax(batch, classes, storageOf(logits), storageOf(logP))
  tape.record(logSoftmaxOp, [logits], logP, { batch, classes })
  return logP
}

export const logSoftmaxOp: Op<{ readonly batch: number; readonly classes: number }> = {
  name: 'logSoftmax',
  gradient({ inputs, output, saved: { batch, classes } }, dLogP, into) {
    into(inputs[0] as Tensor, (dLogits) => native.logSoftmaxGradient(batch, classes, storageOf(output), dLogP, dLogits))
  },
  rows: () => [],
}
