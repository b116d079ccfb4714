import { PalimpsestError } from '../../bindings/errors.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { Random } from '../tensor/random.ts'
import type { Matrix } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BatchNorm1d } from './batch-norm.ts'
import { Linear } from './linear.ts'
import type { Classifier, Mode, Module } from './module.ts'

/** What {@link Mlp} takes besides its sizes. */
export interface MlpOptions {
  /** drives the initial weights; default 0 */
  readonly seed?: number
  /** a BatchNorm1d after the ReLU of every hidden layer; default false */
  readonly batchNorm?: boolean
}

/**
 * A multilayer perceptron: linear layers with ReLU between them, logits at the end.
 * `new Mlp([784, 100, 10])` has 784 inputs, one hidden layer of 100 units and 10 classes.
 */
export class Mlp implements Classifier {
  /** I, numbers a row */
  readonly inputs: number
  /** C, classes */
  readonly outputs: number
  /** of the initial weights */
  readonly seed: number
  readonly #layers: readonly Module[]

  /**
   * @param sizes - [I, hidden..., C] @param options - seed and BatchNorm.
   * @throws PalimpsestError `SHAPE` unless there are at least 2 sizes, whole numbers of at least 1; `INVALID_ARGUMENT`
   * for the seed
   */
  constructor(sizes: readonly number[], { seed = 0, batchNorm = false }: MlpOptions = {}) {
    const [inputs, outputs] = [sizes[0], sizes.at(-1)]
    if (sizes.length < 2 || inputs === undefined || outputs === undefined)
      throw new PalimpsestError('SHAPE', `Mlp: sizes are [${sizes}], expected at least inputs and outputs`)
    const random = Random.from(seed, 'weights')
    this.#layers = sizes.slice(1).flatMap((size, index) => {
      const hidden = index < sizes.length - 2
      const layer = new Linear(`layers.${index}`, sizes[index] as number, size, { random, relu: hidden })
      return hidden && batchNorm ? [layer, new BatchNorm1d(`norms.${index}`, size)] : [layer]
    })
    this.inputs = inputs
    this.outputs = outputs
    this.seed = seed
  }

  /** Logits [B, C] of x [B, I]. @throws PalimpsestError `SHAPE`, `TAPE_MISUSE`, `TENSOR_RELEASED` */
  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    return this.#layers.reduce((hidden, layer) => layer.forward(hidden, mode), x)
  }

  /** Weights and biases (and gammas and betas), layer by layer, from inputs to outputs. */
  parameters(): readonly Parameter[] {
    return this.#layers.flatMap((layer) => layer.parameters())
  }

  /** The BatchNorm layers, from inputs to outputs; empty without `batchNorm`. */
  get norms(): readonly BatchNorm1d[] {
    return this.#layers.filter((layer) => layer instanceof BatchNorm1d)
  }

  /** From now on every BatchNorm1d keeps its running statistics and uses them in training too. */
  freezeStatistics(): void {
    for (const norm of this.norms) norm.frozen = true
  }
}
