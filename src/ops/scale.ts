import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Shape } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** x times a finite number. @throws PalimpsestError `INVALID_ARGUMENT`, `TAPE_MISUSE`, `TENSOR_RELEASED` */
export function scale<S extends Shape>(x: Tensor<S>, factor: number): Tensor<S> {
  if (!Number.isFinite(Math.fround(factor)))
    throw new PalimpsestError('INVALID_ARGUMENT', `scale: factor is ${factor}, expected a finite float32`)
  const tape = tapeOf('scale', x)
  const out = tape.output(x.shape)
  native.scale(storageOf(x), factor, storageOf(out))
  tape.record(scaleOp, [x], out, { factor })
  return out
}

export const scaleOp: Op<{ readonly factor: number }> = {
  name: 'scale',
  gradient({ inputs, saved: { factor } }, dOut, into) {
    into(inputs[0] as Tensor, (dX) => native.scale(dOut, factor, dX))
  },
  rows: () => [],
}
