import type { Op, OpName } from '../autograd/op.ts'
import { addOp } from './add.ts'
import { batchNormOp } from './batch-norm.ts'
import { columnsOp } from './columns.ts'
import { linearOp } from './linear.ts'
import { logSoftmaxOp } from './log-softmax.ts'
import { matmulOp } from './matmul.ts'
import { meanOp } from './mean.ts'
import { mulOp } from './mul.ts'
import { reluOp } from './relu.ts'
import { scaleOp } from './scale.ts'
import { softmaxCrossEntropyOp } from './softmax-cross-entropy.ts'
import { squareOp } from './square.ts'
import { subOp } from './sub.ts'
import { sumOp } from './sum.ts'

/** Every operation by its name: the compiler refuses a missing one, here and in the tables of the tests. */
export const OPS: Readonly<Record<OpName, Op<never>>> = {
  matmul: matmulOp,
  linear: linearOp,
  add: addOp,
  sub: subOp,
  mul: mulOp,
  scale: scaleOp,
  square: squareOp,
  relu: reluOp,
  columns: columnsOp,
  sum: sumOp,
  mean: meanOp,
  batchNorm: batchNormOp,
  logSoftmax: logSoftmaxOp,
  softmaxCrossEntropy: softmaxCrossEntropyOp,
}
