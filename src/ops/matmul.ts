import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { type Matrix, mismatch } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

type Saved = { readonly m: number; readonly n: number; readonly k: number }

/**
 * The product of two matrices: `a` [M, K] times `b` [K, N] is [M, N].
 * @throws PalimpsestError `SHAPE` when the inner sizes differ, `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function matmul<M extends number, K extends number, N extends number>(
  a: Tensor<Matrix<M, K>>,
  b: Tensor<Matrix<NoInfer<K>, N>>,
): Tensor<Matrix<M, N>> {
  const [m, k] = a.shape
  const [inner, n] = b.shape
  if (inner !== k) throw mismatch('matmul', a.shape, b.shape, 'the columns of a must equal the rows of b')
  const tape = tapeOf('matmul', a, b)
  const c = tape.output<Matrix<M, N>>([m, n])
  native.matmulNN(m, n, k, storageOf(a), storageOf(b), null, storageOf(c), false, false)
  tape.record(matmulOp, [a, b], c, { m, n, k })
  return c
}

export const matmulOp: Op<Saved> = {
  name: 'matmul',
  gradient({ inputs, saved: { m, n, k } }, dC, into) {
    const [a, b] = inputs as [Tensor, Tensor]
    into(a, (dA) => native.matmulNT(m, k, n, dC, storageOf(b), null, dA, false, false))
    into(b, (dB) => native.matmulTN(k, n, m, storageOf(a), dC, null, dB, false, false))
  },
  rows: ({ inputs }) => inputs.slice(1),
  squared({ inputs, saved: { m, n, k } }, dCSquared, into, scratch, raise) {
    const [a, b] = inputs as [Tensor, Parameter]
    const aSquared = scratch(m * k)
    raise(storageOf(a), aSquared)
    into(b, (sum) => native.matmulTN(k, n, m, aSquared, dCSquared, null, sum, false, false))
  },
}
