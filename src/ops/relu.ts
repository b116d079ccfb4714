import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Shape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** x where x > 0, else +0; NaN stays. The gradient at 0 is 0. @throws PalimpsestError `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function relu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const tape = tapeOf('relu', x)
  const y = tape.output(x.shape)
  native.relu(storageOf(x), storageOf(y))
  tape.record(reluOp, [x], y, null)
  return y
}

export const reluOp: Op<null> = {
  name: 'relu',
  gradient({ inputs, output }, dY, into) {
    into(inputs[0] as Tensor, (dX) => native.reluGradient(storageOf(output), dY, dX))
  },
  rows: () => [],
}
