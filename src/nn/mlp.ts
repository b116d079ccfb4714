import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { Random } from '../tensor/random.ts'
import type { Matrix } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { answer } from './answer.ts'
import { BatchNorm1d } from './batch-norm.ts'
import { LeakyRelu } from './leaky-relu.ts'
import { Linear } from './linear.ts'
import type { Classifier, Mode, Prediction } from './module.ts'
import { Predictor, type PredictorLayer } from './predictor.ts'
import { checkFiniteRows } from './rows.ts'

/** What follows a hidden layer: max(0, x), or max(0.01 x, x) (Maas, Hannun and Ng 2013, with PyTorch's slope). */
export type Activation = 'relu' | 'leaky-relu'

/** What {@link Mlp} takes besides its sizes. */
export interface MlpOptions {
  /** drives the initial weights; default 0 */
  readonly seed?: number
  /** a BatchNorm1d after the activation of every hidden layer; default false */
  readonly batchNorm?: boolean
  /** default `relu` */
  readonly activation?: Activation
}

/**
 * A multilayer perceptron: linear layers with ReLU (or leaky ReLU) between them, logits at the end.
 * `new Mlp([784, 100, 10])` has 784 inputs, one hidden layer of 100 units and 10 classes.
 */
export class Mlp implements Classifier {
  /** I, numbers a row */
  readonly inputs: number
  /** C, classes */
  readonly outputs: number
  /** of the initial weights */
  readonly seed: number
  /** what follows a hidden layer */
  readonly activation: Activation
  readonly #layers: readonly (Linear | BatchNorm1d | LeakyRelu)[]
  readonly #parameters: readonly Parameter[]
  readonly #sizes: readonly number[]
  readonly #options: MlpOptions
  // it knows ReLU alone
  readonly #predictor: Predictor | null

  /**
   * @param sizes - [I, hidden..., C] @param options - seed, BatchNorm and activation.
   * @throws PalimpsestError `SHAPE` unless there are at least 2 sizes, whole numbers of at least 1; `INVALID_ARGUMENT`
   * for the seed or the activation
   */
  constructor(sizes: readonly number[], { seed = 0, batchNorm = false, activation = 'relu' }: MlpOptions = {}) {
    const [inputs, outputs] = [sizes[0], sizes.at(-1)]
    if (sizes.length < 2 || inputs === undefined || outputs === undefined)
      throw new PalimpsestError('SHAPE', `Mlp: sizes are [${sizes}], expected at least inputs and outputs`)
    if (activation !== 'relu' && activation !== 'leaky-relu')
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `Mlp: activation is '${activation}', expected one of relu, leaky-relu`,
      )
    const random = Random.from(seed, 'weights')
    this.#layers = sizes.slice(1).flatMap((size, index) => {
      const hidden = index < sizes.length - 2
      const relu = hidden && activation === 'relu'
      const layer = new Linear(`layers.${index}`, sizes[index] as number, size, { random, relu })
      if (!hidden) return [layer]
      const leaky = relu ? [] : [new LeakyRelu()]
      return [layer, ...leaky, ...(batchNorm ? [new BatchNorm1d(`norms.${index}`, size)] : [])]
    })
    this.#parameters = this.#layers.flatMap((layer) => layer.parameters())
    this.#sizes = [...sizes]
    this.#options = { seed, batchNorm, activation }
    this.inputs = inputs
    this.outputs = outputs
    this.seed = seed
    this.activation = activation
    this.#predictor = activation === 'relu' ? new Predictor(inputs, this.layers(), { packed: false }) : null
  }

  /** Logits [B, C] of x [B, I]. @throws PalimpsestError `SHAPE`, `TAPE_MISUSE`, `TENSOR_RELEASED` */
  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    return this.#layers.reduce<Tensor<Matrix>>((hidden, layer) => layer.forward(hidden, mode), x)
  }

  /** Weights and biases (and gammas and betas), layer by layer, from inputs to outputs. */
  parameters(): readonly Parameter[] {
    return this.#parameters
  }

  /** The BatchNorm layers, from inputs to outputs; empty without `batchNorm`. */
  get norms(): readonly BatchNorm1d[] {
    return this.#layers.filter((layer) => layer instanceof BatchNorm1d)
  }

  /** From now on every BatchNorm1d keeps its running statistics and uses them in training too. */
  freezeStatistics(): void {
    for (const norm of this.norms) norm.frozen = true
  }

  /**
   * A copy with more classes. What it has in common with this network it copies; the new rows of the last layer are those
   * that a new network of its size starts with. A method goes on with it: `method.restore(grown.parameters(),
   * method.state(this.parameters()))` frees the new rows and holds the others.
   *
   * The old logits keep their bits as long as sums run in the same order, which a last layer of 64 to 511 inputs changes
   * beyond 16 classes: from there they agree to rounding. Heads keep them always.
   * @param classes - as many as now, or more.
   * @throws PalimpsestError `INVALID_ARGUMENT` for fewer, or no whole number
   */
  grown(classes: number): Mlp {
    if (!Number.isSafeInteger(classes) || classes < this.outputs)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `grown: classes is ${classes}, expected a whole number of at least ${this.outputs}`,
      )
    const grown = new Mlp([...this.#sizes.slice(0, -1), classes], this.#options)
    this.#parameters.forEach(({ data }, index) => {
      grown.#parameters[index]?.data.set(data)
    })
    const norms = grown.norms
    this.norms.forEach(({ runningMean, runningVariance, frozen }, index) => {
      const norm = norms[index] as BatchNorm1d
      norm.runningMean.set(runningMean)
      norm.runningVariance.set(runningVariance)
      norm.frozen = frozen
    })
    return grown
  }

  /** As {@link Predictor.predict}, with the weights as they are now. */
  predict(x: Float32Array): Prediction {
    if (this.#predictor) return this.#predictor.predict(x)
    checkFiniteRows(x, this.inputs)
    return answer(this, new Tape(), x)
  }

  /**
   * A copy that only answers, faster for few rows, and keeps what the weights are now while training goes on.
   * @throws PalimpsestError `INVALID_ARGUMENT` unless the activation is `relu`
   */
  freeze(): Predictor {
    if (!this.#predictor)
      throw new PalimpsestError('INVALID_ARGUMENT', 'freeze: a Predictor knows ReLU alone, this network is leaky')
    const layers = this.layers().map(({ weight, bias, norm }) => {
      const packed = alignedFloats(weight.length)
      native.packWeight(bias.length, weight.length / bias.length, weight, packed)
      return { weight: packed, bias: bias.slice(), norm: norm.map((array) => array.slice()) }
    })
    return new Predictor(this.inputs, layers, { packed: true })
  }

  /** Its layers' arrays, as they are: what a Predictor answers with, if the activation is `relu`. */
  layers(): readonly PredictorLayer[] {
    return this.#layers.flatMap((layer, index) => {
      if (!(layer instanceof Linear)) return []
      const next = this.#layers[index + 1]
      const norm =
        next instanceof BatchNorm1d ? [next.gamma.data, next.beta.data, next.runningMean, next.runningVariance] : []
      return [{ weight: layer.weight.data, bias: layer.bias.data, norm }]
    })
  }
}
