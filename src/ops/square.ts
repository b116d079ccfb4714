import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Shape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** x squared, element by element. @throws PalimpsestError `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function square<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const tape = tapeOf('square', x)
  const out = tape.output(x.shape)
  native.multiply(storageOf(x), storageOf(x), storageOf(out))
  tape.record(squareOp, [x], out, null)
  return out
}

export const squareOp: Op<null> = {
  name: 'square',
  gradient({ inputs }, dOut, into) {
    const [x] = inputs as [Tensor]
    into(x, (dX) => {
      native.multiply(dOut, storageOf(x), dX)
      native.scale(dX, 2, dX)
    })
  },
  rows: () => [],
}
