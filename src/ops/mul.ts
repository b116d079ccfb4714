import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import { mismatch, type Shape, sameShape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** The product of a and b, element by element, of one shape. @throws PalimpsestError `SHAPE`, `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function mul<S extends Shape>(a: Tensor<S>, b: Tensor<NoInfer<S>>): Tensor<S> {
  if (!sameShape(a.shape, b.shape)) throw mismatch('mul', a.shape, b.shape, 'they must be equal')
  const tape = tapeOf('mul', a, b)
  const out = tape.output(a.shape)
  native.multiply(storageOf(a), storageOf(b), storageOf(out))
  tape.record(mulOp, [a, b], out, null)
  return out
}

export const mulOp: Op<null> = {
  name: 'mul',
  gradient({ inputs }, dOut, into) {
    const [a, b] = inputs as [Tensor, Tensor]
    into(a, (dA) => native.multiply(dOut, storageOf(b), dA))
    into(b, (dB) => native.multiply(dOut, storageOf(a), dB))
  },
  rows: () => [],
}
