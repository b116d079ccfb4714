import { tapeOf } from '../autograd/tape.ts'
import { batchNorm } from '../ops/batch-norm.ts'
import { Parameter } from '../tensor/parameter.ts'
import type { Matrix, Vector } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Mode, Module } from './module.ts'

export const EPSILON = 1e-5
const MOMENTUM = 0.1

/**
 * Batch normalization of [B, I] by column, with PyTorch's constants: epsilon 1e-5, momentum 0.1, gamma 1, beta 0, running
 * mean 0 and variance 1. Running statistics move only when the step that computed them ends well.
 */
export class BatchNorm1d implements Module {
  /** [I], the factor */
  readonly gamma: Parameter<Vector>
  /** [I], what is added */
  readonly beta: Parameter<Vector>
  /** [I] */
  readonly runningMean: Float32Array
  /** [I], unbiased */
  readonly runningVariance: Float32Array
  /** when true, running statistics are used in training too, and stay as they are */
  frozen = false

  /** @throws PalimpsestError `SHAPE` unless `features` is a whole number of at least 1 */
  constructor(name: string, features: number) {
    this.gamma = new Parameter(`${name}.gamma`, [features], new Float32Array(features).fill(1))
    this.beta = new Parameter(`${name}.beta`, [features], new Float32Array(features))
    this.runningMean = new Float32Array(features)
    this.runningVariance = new Float32Array(features).fill(1)
  }

  /** Of the shape of x [B, I]. @throws PalimpsestError `SHAPE`, `INVALID_ARGUMENT` (one row in training), `TAPE_MISUSE` */
  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    const constants = { epsilon: EPSILON, momentum: MOMENTUM }
    const { gamma, beta, runningMean, runningVariance } = this
    if (mode === 'evaluation' || this.frozen) {
      const running = { mean: runningMean, variance: runningVariance }
      return batchNorm(x, gamma, beta, running, { mode: 'evaluation', ...constants })
    }
    const tape = tapeOf('batchNorm', x)
    const mean = tape.scratch(gamma.size)
    const variance = tape.scratch(gamma.size)
    mean.set(runningMean)
    variance.set(runningVariance)
    const y = batchNorm(x, gamma, beta, { mean, variance }, { mode, ...constants })
    tape.afterwards(() => {
      runningMean.set(mean)
      runningVariance.set(variance)
    })
    return y
  }

  /** gamma and beta */
  parameters(): readonly Parameter[] {
    return [this.gamma, this.beta]
  }
}
