import { native } from '../../bindings/native.ts'
import { EPSILON } from '../nn/batch-norm.ts'
import type { PredictorLayer } from '../nn/predictor.ts'

/** Logits [B, C] of x [B, I] by a Predictor's layers, ReLU between them. */
export function logitsOf(layers: readonly PredictorLayer[], x: Float32Array, rows: number): Float32Array {
  return layers.reduce((hidden, { weight, bias, norm }, index) => {
    const [outputs, inner] = [bias.length, index < layers.length - 1]
    const out = new Float32Array(rows * outputs)
    native.matmulNT(rows, outputs, weight.length / outputs, hidden, weight, bias, out, false, inner)
    const [gamma, beta, mean, variance] = norm
    if (gamma && beta && mean && variance)
      native.batchNormEvaluation(rows, outputs, out, gamma, beta, EPSILON, mean, variance, out)
    return out
  }, x)
}
