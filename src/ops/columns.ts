import { PalimpsestError } from '../../bindings/errors.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import { describe, type Matrix } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

type Saved = { readonly from: number; readonly to: number }

/**
 * The columns `from` to `to` of x (`to` itself excluded): y[b, j] = x[b, from + j]. The other columns take no gradient.
 * @param x [B, C] @param from - 0 or more. @param to - above `from`, C at most.
 * @throws PalimpsestError `SHAPE` unless x is a matrix, `INVALID_ARGUMENT` for a range outside it or without a column,
 * `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function columns<B extends number>(x: Tensor<Matrix<B>>, from: number, to: number): Tensor<Matrix<B>> {
  if (x.shape.length !== 2)
    throw new PalimpsestError('SHAPE', `columns: x has the shape ${describe(x.shape)}, expected a matrix`)
  const [batch, width] = x.shape
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to <= from || to > width)
    throw new PalimpsestError(
      'INVALID_ARGUMENT',
      `columns: the range is ${from} to ${to}, expected one within ${width}`,
    )
  const tape = tapeOf('columns', x)
  const y = tape.output<Matrix<B>>([batch, to - from])
  const [source, out] = [storageOf(x), storageOf(y)]
  // logits are few: a loop costs less than a call
  let at = 0
  for (let row = from; row < source.length; row += width)
    for (let column = 0; column < to - from; column++) out[at++] = source[row + column] as number
  tape.record(columnsOp, [x], y, { from, to })
  return y
}

export const columnsOp: Op<Saved> = {
  name: 'columns',
  gradient({ inputs, saved: { from, to } }, dY, into) {
    const x = inputs[0] as Tensor<Matrix>
    into(x, (dX) => {
      dX.fill(0)
      let at = 0
      for (let row = from; row < dX.length; row += x.shape[1])
        for (let column = 0; column < to - from; column++) dX[row + column] = dY[at++] as number
    })
  },
  rows: () => [],
}
