import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Scalar, Shape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** The mean of all elements, in float64, rounded once. @throws PalimpsestError `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function mean(x: Tensor<Shape>): Tensor<Scalar> {
  const tape = tapeOf('mean', x)
  const out = tape.output<Scalar>([])
  storageOf(out)[0] = native.sum(storageOf(x)) / x.size
  tape.record(meanOp, [x], out, null)
  return out
}

export const meanOp: Op<null> = {
  name: 'mean',
  gradient({ inputs }, dOut, into) {
    const [x] = inputs as [Tensor]
    into(x, (dX) => dX.fill((dOut[0] as number) / x.size))
  },
  rows: () => 'mixed',
}
