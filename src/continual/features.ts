import { native } from '../../bindings/native.ts'
import { kaimingUniform } from '../nn/init.ts'
import type { PredictorLayer } from '../nn/predictor.ts'
import { Random } from '../tensor/random.ts'

/**
 * Frozen random features h = relu(W x + b), one seed's (RanPAC: McDonnell et al. 2023, arXiv:2307.02251, with Gaussian W
 * and no b). W and b are uniform, as a layer's first weights are: a sum over many inputs is near Gaussian all the same,
 * and uniform numbers have the same bits on every machine. Nothing is learnt, so nothing can be forgotten.
 */
export class RandomFeatures {
  /** D, numbers that a row becomes */
  readonly count: number
  readonly #inputs: number
  readonly #weight: Float32Array
  readonly #bias: Float32Array

  /** Of rows of `inputs` numbers. @throws PalimpsestError `INVALID_ARGUMENT` for a seed that Random refuses */
  constructor(inputs: number, count: number, seed: number) {
    const random = Random.from(seed, 'features')
    this.count = count
    this.#inputs = inputs
    this.#weight = kaimingUniform(count * inputs, inputs, random)
    this.#bias = kaimingUniform(count, inputs, random)
  }

  /** as a Predictor takes it */
  get layer(): PredictorLayer {
    return { weight: this.#weight, bias: this.#bias, norm: [] }
  }

  /** out [rows, D] = relu(x W^T + b) of x [rows, I]; a row's bits do not depend on the others */
  of(rows: number, x: Float32Array, out: Float32Array): void {
    native.matmulNT(rows, this.count, this.#inputs, x, this.#weight, this.#bias, out, false, true)
  }
}
