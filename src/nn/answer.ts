import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import type { Tape } from '../autograd/tape.ts'
import { storageOf } from '../tensor/tensor.ts'
import type { Classifier, Prediction } from './module.ts'

// rows at a time: results do not depend on it
const CHUNK = 1000

/** Answers by a classifier's forward pass, in evaluation mode; x is whole rows of finite numbers. */
export function answer(model: Classifier, tape: Tape, x: Float32Array): Prediction {
  const { inputs, outputs } = model
  const rows = x.length / inputs
  const labels = new Uint32Array(rows)
  const probabilities = new Float32Array(rows * outputs)
  for (let from = 0; from < rows; from += CHUNK) {
    const to = Math.min(from + CHUNK, rows)
    tape.step(() => {
      const logits = model.forward(
        tape.input(x.subarray(from * inputs, to * inputs), [to - from, inputs]),
        'evaluation',
      )
      native.argmax(to - from, outputs, storageOf(logits), labels.subarray(from, to))
      native.softmax(to - from, outputs, storageOf(logits), probabilities.subarray(from * outputs, to * outputs))
    })
  }
  checkFinite('predict', native.sum(probabilities))
  return { labels, probabilities }
}

/** argmax refuses NaN, but an infinite logit is the largest of its row: it shows in a sum over losses or probabilities */
export function checkFinite(verb: string, sum: number): void {
  if (Number.isFinite(sum)) return
  throw new PalimpsestError('NON_FINITE', `${verb}: the model's logits are not finite: its training has diverged`)
}
