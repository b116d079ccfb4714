import { native } from '../../bindings/native.ts'
import type { Power } from '../autograd/op.ts'
import { Tape } from '../autograd/tape.ts'
import { batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'
import { doubles } from '../tensor/memory.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'
import type { Matrix } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'
import { checkSet, oneOf } from './checks.ts'

/** A non-negative number for each element of each parameter. */
export type Diagonal = ReadonlyMap<Parameter, Float32Array>

/** Which labels the squared gradients of log p(y | x) are taken at: see {@link FisherOptions.estimator}. */
export type FisherEstimator = 'exact' | 'sampled' | 'empirical'

export const ESTIMATORS: readonly FisherEstimator[] = ['exact', 'sampled', 'empirical']

/** How {@link fisherDiagonal} looks at a set. */
export interface FisherOptions {
  /**
   * - `exact`: the expectation over the model's own softmax: sum over c of p_c (d log p_c)^2. C backward sweeps.
   * - `sampled`: one label a sample, drawn from that softmax: `exact` in expectation.
   * - `empirical`: the label of the set. Not a Fisher; it fades as the model learns the labels (Kunstner et al. 2019,
   *   arXiv:1905.12558). After MNIST about half of `exact`.
   */
  readonly estimator: FisherEstimator
  /** how many samples, drawn without replacement; all of the set, in order, unless it has more */
  readonly samples?: number
  /** draws the samples, and the labels of `sampled`; `exact` on a whole set draws nothing */
  readonly random: Random
}

// fixed: the order of sums, and with it the bits, depend on it
const CHUNK = 400

/**
 * The Fisher information's diagonal: the mean over samples of the squared gradient of the log-likelihood, for every
 * parameter, BatchNorm in evaluation mode (Kirkpatrick et al. 2017, arXiv:1612.00796, section 2; Martens 2020,
 * arXiv:1412.1193, section 5). In nats^2 per unit of the parameter squared.
 * @param model - its parameters are only read. @param set - its features are the model's inputs.
 * @throws PalimpsestError `NO_SQUARED_GRADIENT`, `PARAMETER_REUSED`, `SHAPE`, `LABEL_OUT_OF_RANGE`, `INVALID_ARGUMENT`
 */
export function fisherDiagonal(model: Classifier, set: LabelledSet, options: FisherOptions): Diagonal {
  const { random } = options
  const estimator = oneOf('estimator', options.estimator, ESTIMATORS)
  return meanOverSamples(model, set, options, 'squares', (logits, y, tape) => {
    const [batch, classes] = logits.shape
    const probabilities = tape.scratch(logits.size)
    native.softmax(batch, classes, storageOf(logits), probabilities)
    if (estimator === 'exact') return everyClass(probabilities, batch, classes)
    return [
      oneClass(probabilities, classes, estimator === 'empirical' ? y : draw(probabilities, batch, classes, random)),
    ]
  })
}

/**
 * The mean over samples of a power of each sample's gradient, summed over what `seeds` gives for the logits of a chunk.
 * @throws PalimpsestError as {@link fisherDiagonal}
 */
export function meanOverSamples(
  model: Classifier,
  set: LabelledSet,
  { samples = set.count, random }: { readonly samples?: number; readonly random: Random },
  power: Power,
  seeds: (logits: Tensor<Matrix>, y: Uint8Array, tape: Tape) => Iterable<Float32Array>,
): Diagonal {
  checkSet(model, set)
  const count = Math.min(samples, set.count)
  const totals = new Map(model.parameters().map((parameter) => [parameter, doubles(parameter.size)]))
  const tape = new Tape()
  const chunks = batches(set, { size: CHUNK, shuffle: count < set.count, seed: random, samples, reuse: true })
  for (const { x, y } of chunks)
    tape.step(() => {
      const logits = model.forward(tape.input(x, [y.length, set.features]), 'evaluation')
      tape.backwardSquared(logits, seeds(logits, y, tape), totals, power)
    })
  return new Map([...totals].map(([parameter, total]) => [parameter, Float32Array.from(total, (sum) => sum / count)]))
}

/** d log p_c / d logits, times sqrt(p_c), for each class in turn: the squares sum to the expectation */
export function* everyClass(probabilities: Float32Array, batch: number, classes: number): Generator<Float32Array> {
  const seed = new Float32Array(probabilities.length)
  for (let chosen = 0; chosen < classes; chosen++) {
    native.classSeed(batch, classes, chosen, probabilities, seed)
    yield seed
  }
}

/** d log p_label / d logits = onehot(label) - p */
export function oneClass(probabilities: Float32Array, classes: number, labels: Uint8Array): Float32Array {
  const seed = probabilities.map((p) => -p)
  labels.forEach((label, row) => {
    seed[row * classes + label] = 1 - (probabilities[row * classes + label] as number)
  })
  return seed
}

/** one label a row, from its probabilities */
function draw(probabilities: Float32Array, batch: number, classes: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: batch }, (_, row) => {
    let left = random.uniform()
    for (let label = 0; label < classes - 1; label++) {
      left -= probabilities[row * classes + label] as number
      if (left < 0) return label
    }
    return classes - 1
  })
}
