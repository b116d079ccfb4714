import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Matrix, Scalar } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/**
 * The mean over the batch of -log softmax(logits)[label], in nats; the gradient (softmax - onehot) / B is made in the
 * same pass.
 * @param logits [B, C] @param labels [B], below C
 * @throws PalimpsestError `LENGTH`, `DTYPE`, `LABEL_OUT_OF_RANGE`, `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function softmaxCrossEntropy(logits: Tensor<Matrix>, labels: Uint8Array): Tensor<Scalar> {
  const [batch, classes] = logits.shape
  if (labels.length !== batch)
    throw new PalimpsestError('LENGTH', `softmaxCrossEntropy: ${labels.length} labels for ${batch} rows of logits`)
  const tape = tapeOf('softmaxCrossEntropy', logits)
  const dLogits = tape.scratch(logits.size)
  const loss = tape.output<Scalar>([])
  const rowLoss = tape.scratch(batch)
  storageOf(loss)[0] = native.softmaxCrossEntropy(batch, classes, storageOf(logits), labels, rowLoss, dLogits)
  tape.record(softmaxCrossEntropyOp, [logits], loss, { dLogits })
  return loss
}

export const softmaxCrossEntropyOp: Op<{ readonly dLogits: Float32Array }> = {
  name: 'softmaxCrossEntropy',
  gradient({ inputs, saved }, dLoss, into) {
    into(inputs[0] as Tensor, (dLogits) =>
      dLoss[0] === 1 ? dLogits.set(saved.dLogits) : native.scale(saved.dLogits, dLoss[0] as number, dLogits),
    )
  },
  rows: () => 'mixed',
}
