import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import { mismatch, type Shape, sameShape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** a - b, of one shape. @throws PalimpsestError `SHAPE`, `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function sub<S extends Shape>(a: Tensor<S>, b: Tensor<NoInfer<S>>): Tensor<S> {
  if (!sameShape(a.shape, b.shape)) throw mismatch('sub', a.shape, b.shape, 'they must be equal')
  const tape = tapeOf('sub', a, b)
  const out = tape.output(a.shape)
  native.subtract(storageOf(a), storageOf(b), storageOf(out))
  tape.record(subOp, [a, b], out, null)
  return out
}

export const subOp: Op<null> = {
  name: 'sub',
  gradient({ inputs }, dOut, into) {
    const [a, b] = inputs as [Tensor, Tensor]
    into(a, (dA) => dA.set(dOut))
    into(b, (dB) => native.scale(dOut, -1, dB))
  },
  rows: () => [],
}
