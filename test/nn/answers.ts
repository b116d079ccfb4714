import { native } from '../../bindings/native.ts'
import { Tape } from '../../src/autograd/tape.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier, Prediction } from '../../src/nn/module.ts'
import { Random } from '../../src/tensor/random.ts'
import { storageOf } from '../../src/tensor/tensor.ts'
import { lived } from '../continual/loop.ts'
import { nudge, numbers } from '../toy.ts'

/** the classes and the softmax of the logits that the tape's forward pass ends in */
export function byTape(model: Mlp, x: Float32Array): Prediction {
  const rows = x.length / model.inputs
  const labels = new Uint32Array(rows)
  const probabilities = new Float32Array(rows * model.outputs)
  new Tape().step((tape) => {
    const logits = storageOf(model.forward(tape.input(x, [rows, model.inputs]), 'evaluation'))
    native.argmax(rows, model.outputs, logits, labels)
    native.softmax(rows, model.outputs, logits, probabilities)
  })
  return { labels, probabilities }
}

/** with statistics and weights that no initialiser gives */
export function used(sizes: readonly number[], batchNorm = false): Mlp {
  const model = new Mlp(sizes, { seed: 1, batchNorm })
  nudge(model.parameters(), Random.from(5))
  return batchNorm ? lived(model) : model
}

export const rowsOf = ({ inputs }: Classifier, count: number, seed = 3) => numbers(count * inputs, Random.from(seed))

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

/** equal bits, compared quickly */
export const sameAnswer = (a: Prediction, b: Prediction): boolean =>
  bytesOf(a.labels).equals(bytesOf(b.labels)) && bytesOf(a.probabilities).equals(bytesOf(b.probabilities))
