import { native } from '../../bindings/native.ts'
import type { Op } from '../autograd/op.ts'
import { tapeOf } from '../autograd/tape.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { type Matrix, mismatch, type Vector } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'

/** The statistics of {@link batchNorm}, [I] each; training changes them: (1 - momentum) old + momentum (mean, unbiased variance) of the batch */
export interface RunningStatistics {
  /** [I] */
  readonly mean: Float32Array
  /** [I], unbiased */
  readonly variance: Float32Array
}

/** What {@link batchNorm} takes besides tensors and statistics. */
export interface BatchNormOptions {
  /** `training` normalises by the batch (2 rows at least), `evaluation` by the running statistics */
  readonly mode: 'training' | 'evaluation'
  /** added to the variance */
  readonly epsilon: number
  /** share of the new batch in the running statistics */
  readonly momentum: number
}

type Saved = {
  readonly training: boolean
  readonly batch: number
  readonly features: number
  readonly epsilon: number
  readonly mean: Float32Array
  /** training: 1 / sqrt(variance + epsilon); evaluation: the variance */
  readonly spread: Float32Array
}

/**
 * Batch normalization of every column: gamma (x - mean) / sqrt(variance + epsilon) + beta, with the biased variance
 * (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1).
 * @param x [B, I] @param gamma [I] @param beta [I] @param running - [I] each @param options - the mode and constants
 * @throws PalimpsestError `SHAPE`, `INVALID_ARGUMENT` (one row in training), `LENGTH`, `TAPE_MISUSE`, `TENSOR_RELEASED`
 */
export function batchNorm<B extends number, I extends number>(
  x: Tensor<Matrix<B, I>>,
  gamma: Tensor<Vector<NoInfer<I>>>,
  beta: Tensor<Vector<NoInfer<I>>>,
  running: RunningStatistics,
  { mode, epsilon, momentum }: BatchNormOptions,
): Tensor<Matrix<B, I>> {
  const [batch, features] = x.shape
  if (gamma.shape[0] !== features) throw mismatch('batchNorm', x.shape, gamma.shape, 'gamma needs one number a column')
  if (beta.shape[0] !== features) throw mismatch('batchNorm', x.shape, beta.shape, 'beta needs one number a column')
  const tape = tapeOf('batchNorm', x, gamma, beta)
  const y = tape.output(x.shape)
  const training = mode === 'training'
  const mean = training ? tape.scratch(features) : running.mean
  const spread = training ? tape.scratch(features) : running.variance
  const layer = [batch, features, storageOf(x), storageOf(gamma), storageOf(beta), epsilon] as const
  if (training) native.batchNormTraining(...layer, momentum, running.mean, running.variance, mean, spread, storageOf(y))
  else native.batchNormEvaluation(...layer, mean, spread, storageOf(y))
  tape.record(batchNormOp, [x, gamma, beta], y, { training, batch, features, epsilon, mean, spread })
  return y
}

export const batchNormOp: Op<Saved> = {
  name: 'batchNorm',
  gradient({ inputs, saved: { training, batch, features, epsilon, mean, spread } }, dY, into, scratch) {
    const [x, gamma, beta] = inputs as [Tensor, Tensor, Tensor]
    const layer = [batch, features, storageOf(x), storageOf(gamma), storageOf(beta), epsilon, mean, spread] as const
    const gradient = training ? native.batchNormTrainingGradient : native.batchNormEvaluationGradient
    const [dX, dGamma, dBeta] = [scratch(x.size), scratch(features), scratch(features)]
    gradient(...layer, dY, dX, dGamma, dBeta)
    into(x, (own) => own.set(dX))
    into(gamma, (own) => own.set(dGamma))
    into(beta, (own) => own.set(dBeta))
  },
  rows: ({ inputs, saved: { training } }) => (training ? 'mixed' : inputs.slice(1)),
  squared({ inputs, saved: { batch, features, epsilon, mean, spread } }, dYSquared, into, scratch, raise) {
    const [x, gamma, beta] = inputs as [Tensor, Parameter, Parameter]
    into(beta, (sum) => native.columnSums(batch, features, dYSquared, sum))
    into(gamma, (sum) => {
      const product = scratch(batch * features)
      native.batchNormNormalize(
        batch,
        features,
        storageOf(x),
        storageOf(gamma),
        storageOf(beta),
        epsilon,
        mean,
        spread,
        product,
      )
      raise(product, product)
      native.multiply(product, dYSquared, product)
      native.columnSums(batch, features, product, sum)
    })
  },
}
