import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { type Matrix, mismatch, type Shape, sameShape, type Vector } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

type Saved = { readonly broadcast: boolean; readonly rows: number; readonly columns: number }

/**
 * a + b, of one shape; or `a` [B, N] plus a bias `b` [N] in every row.
 * @throws PalimpsestError `SHAPE`, `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function add<B extends number, N extends number>(
  a: Tensor<Matrix<B, N>>,
  b: Tensor<Vector<NoInfer<N>>>,
): Tensor<Matrix<B, N>>
export function add<S extends Shape>(a: Tensor<S>, b: Tensor<NoInfer<S>>): Tensor<S>
export function add(a: Tensor, b: Tensor): Tensor {
  const broadcast = a.shape.length === 2 && b.shape.length === 1 && a.shape[1] === b.shape[0]
  if (!broadcast && !sameShape(a.shape, b.shape))
    throw mismatch('add', a.shape, b.shape, 'they must be equal, or b one number a column of a')
  const tape = tapeOf('add', a, b)
  const out = tape.output(a.shape)
  const columns = b.size
  const rows = a.size / columns
  if (broadcast) native.addBias(rows, columns, storageOf(a), storageOf(b), storageOf(out))
  else native.add(storageOf(a), storageOf(b), storageOf(out))
  tape.record(addOp, [a, b], out, { broadcast, rows, columns })
  return out
}

export const addOp: Op<Saved> = {
  name: 'add',
  gradient({ inputs, saved: { broadcast, rows, columns } }, dOut, into) {
    const [a, b] = inputs as [Tensor, Tensor]
    into(a, (dA) => dA.set(dOut))
    into(b, (dB) => (broadcast ? native.columnSums(rows, columns, dOut, dB) : dB.set(dOut)))
  },
  rows: ({ inputs, saved: { broadcast } }) => (broadcast ? inputs.slice(1) : []),
  squared({ inputs, saved: { rows, columns } }, dOutSquared, into) {
    into(inputs[1] as Parameter, (sum) => native.columnSums(rows, columns, dOutSquared, sum))
  },
}
