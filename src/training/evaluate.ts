import { native } from '../../bindings/native.ts'
import type { Tape } from '../autograd/tape.ts'
import { batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import { checkFinite } from '../nn/answer.ts'
import type { Classifier } from '../nn/module.ts'
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts'
import { storageOf } from '../tensor/tensor.ts'
import type { Evaluation } from './events.ts'

// rows at a time: results do not depend on it
const CHUNK = 1000

export function evaluate(model: Classifier, tape: Tape, set: LabelledSet): Evaluation {
  let correct = 0
  let loss = 0
  for (const { x, y } of batches(set, { size: CHUNK, reuse: true })) {
    tape.step(() => {
      const logits = model.forward(tape.input(x, [y.length, set.features]), 'evaluation')
      const predicted = new Uint32Array(y.length)
      native.argmax(y.length, model.outputs, storageOf(logits), predicted)
      correct += native.countEqual(predicted, y)
      loss += softmaxCrossEntropy(logits, y).item() * y.length
    })
  }
  checkFinite('evaluate', loss)
  return { accuracy: correct / set.count, loss: loss / set.count, count: set.count }
}
