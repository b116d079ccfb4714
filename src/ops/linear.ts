import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { type Matrix, mismatch, type Vector } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

type Saved = { readonly batch: number; readonly inputs: number; readonly outputs: number; readonly relu: boolean }

/**
 * A linear layer: y[b, o] = sum over i of x[b, i] weight[o, i], plus bias[o], then ReLU if asked, in one pass.
 * @param x [B, I] @param weight [O, I] @param bias [O] @param options - `relu`, default false
 * @throws PalimpsestError `SHAPE` when sizes differ, `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function linear<B extends number, I extends number, O extends number>(
  x: Tensor<Matrix<B, I>>,
  weight: Tensor<Matrix<O, NoInfer<I>>>,
  bias: Tensor<Vector<NoInfer<O>>>,
  { relu = false }: { readonly relu?: boolean } = {},
): Tensor<Matrix<B, O>> {
  const [batch, inputs] = x.shape
  const [outputs, columns] = weight.shape
  if (columns !== inputs) throw mismatch('linear', x.shape, weight.shape, 'both must have as many columns')
  if (bias.shape[0] !== outputs) throw mismatch('linear', weight.shape, bias.shape, 'the bias needs one number a row')
  const tape = tapeOf('linear', x, weight, bias)
  const y = tape.output<Matrix<B, O>>([batch, outputs])
  native.matmulNT(batch, outputs, inputs, storageOf(x), storageOf(weight), storageOf(bias), storageOf(y), false, relu)
  tape.record(linearOp, [x, weight, bias], y, { batch, inputs, outputs, relu })
  return y
}

export const linearOp: Op<Saved> = {
  name: 'linear',
  unfuse({ output, saved: { relu } }, dY) {
    if (relu) native.reluGradient(storageOf(output), dY, dY)
  },
  gradient({ inputs: tensors, saved: { batch, inputs, outputs } }, dY, into) {
    const [x, weight, bias] = tensors as [Tensor, Tensor, Tensor]
    into(x, (dX) => native.matmulNN(batch, inputs, outputs, dY, storageOf(weight), null, dX, false, false))
    into(weight, (dWeight) => native.matmulTN(outputs, inputs, batch, dY, storageOf(x), null, dWeight, false, false))
    into(bias, (dBias) => native.columnSums(batch, outputs, dY, dBias))
  },
  rows: ({ inputs }) => inputs.slice(1),
  squared({ inputs: tensors, saved: { batch, inputs, outputs } }, dYSquared, into, scratch, raise) {
    const [x, weight, bias] = tensors as [Tensor, Parameter, Parameter]
    const xSquared = scratch(batch * inputs)
    raise(storageOf(x), xSquared)
    into(weight, (sum) => native.matmulTN(outputs, inputs, batch, dYSquared, xSquared, null, sum, false, false))
    into(bias, (sum) => native.columnSums(batch, outputs, dYSquared, sum))
  },
}
