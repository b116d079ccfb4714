import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Scalar, Shape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** The sum of all elements, in float64, rounded once. @throws PalimpsestError `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function sum(x: Tensor<Shape>): Tensor<Scalar> {
  const tape = tapeOf('sum', x)
  const out = tape.output<Scalar>([])
  storageOf(out)[0] = native.sum(storageOf(x))
  tape.record(sumOp, [x], out, null)
  return out
}

export const sumOp: Op<null> = {
  name: 'sum',
  gradient({ inputs }, dOut, into) {
    into(inputs[0] as Tensor, (dX) => dX.fill(dOut[0] as number))
  },
  rows: () => 'mixed',
}
