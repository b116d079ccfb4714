import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import { batches } from '../data/batches.ts'
import { logSoftmax } from '../ops/log-softmax.ts'
import { matmul } from '../ops/matmul.ts'
import { mean } from '../ops/mean.ts'
import { doubles } from '../tensor/memory.ts'
import { checkSet } from './checks.ts'
import type { Diagonal } from './fisher.ts'
import type { Task } from './method.ts'

/**
 * The estimator of the article's code, kept to the letter so that its table can be run again; it is not the Fisher.
 * Source: shivamsaboo17/Overcoming-Catastrophic-forgetting-in-Neural-Networks, `_update_fisher_params`.
 *
 * - `output[:, target]` takes from each row the log-probability of every label of the batch: a B x B matrix in which
 *   rows and labels cross. Its mean over a batch is sum over c of q_c mean over b of log p_c(x_b), q the batch's label
 *   frequencies.
 * - The mean is over num_batches + 1 shuffled batches (`if i > num_batch: break`), and its one gradient is squared: a
 *   squared mean, not a mean of squares. After MNIST about a third of the exact Fisher, with cosine 0.6 to it.
 * - The network stays in training mode: BatchNorm normalises by each batch, and its running statistics move.
 * - A last batch of fewer rows, on which the article's code crashes, is left out.
 *
 * @param task - its batch size matters here.
 * @throws PalimpsestError `EMPTY_SET` when the set is smaller than one batch, `LABEL_OUT_OF_RANGE`, `SHAPE`
 */
export function articleDiagonal({ model, set, batchSize, batches: limit, random }: Task): Diagonal {
  checkSet(model, set)
  const parameters = model.parameters()
  const totals = new Map(parameters.map((parameter) => [parameter, doubles(parameter.size)]))
  const tape = new Tape()
  let count = 0
  for (const { x, y } of batches(set, { size: batchSize, shuffle: true, seed: random, reuse: true })) {
    if (y.length < batchSize || (limit !== null && count > limit)) break
    tape.step(() => {
      const logP = logSoftmax(model.forward(tape.input(x, [batchSize, set.features]), 'training'))
      const chosen = tape.input(columnsOf(y, model.outputs), [model.outputs, batchSize])
      tape.backward(mean(matmul(logP, chosen)), parameters)
      for (const [parameter, total] of totals) native.accumulate(parameter.gradient, total)
    })
    count++
  }
  if (count === 0)
    throw new PalimpsestError('EMPTY_SET', `${set.name} has ${set.count} samples, fewer than one batch of ${batchSize}`)
  const squaredMean = (sum: number) => (sum / count) * (sum / count)
  return new Map([...totals].map(([parameter, total]) => [parameter, Float32Array.from(total, squaredMean)]))
}

/** [C, B], column j the onehot of label j: logP times it is `output[:, target]` */
function columnsOf(labels: Uint8Array, classes: number): Float32Array {
  const columns = new Float32Array(classes * labels.length)
  labels.forEach((label, column) => {
    columns[label * labels.length + column] = 1
  })
  return columns
}
