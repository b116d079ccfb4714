import { batchNorm, type Matrix, type Tensor, type Vector } from '../../src/autograd.ts'
import * as oracle from '../oracle.ts'
import { type Case, chain, type Draw } from './case.ts'

const layer = ({ size, floats }: Draw, leastRows: number) => {
  const [batch, features] = [size(leastRows), size()]
  // rows apart from each other, so that no variance is near 0
  const ramp = (row: number) => (batch > 1 ? (2 * row) / (batch - 1) - 1 : 0)
  const x = floats(batch * features, -0.5, 0.5).map((value, i) => value + ramp(Math.floor(i / features)))
  const [gamma, beta] = [floats(features), floats(features)]
  const inputs = [
    { shape: [batch, features], values: x },
    { shape: [features], values: gamma },
    { shape: [features], values: beta },
  ]
  return { batch, features, x: Float64Array.from(x), inputs }
}

const inverseDeviation = (variance: ArrayLike<number>, epsilon: number) =>
  1 / Math.sqrt(Math.min(...Array.from(variance)) + epsilon)

/** x - mean is at most 4, 1 / deviation at most r, gamma and beta at most 2 */
export const batchNormEvaluation: Case = {
  title: 'in evaluation',
  make(draw) {
    const { batch, features, inputs } = layer(draw, 1)
    const running = { mean: draw.floats(features), variance: draw.floats(features, 0.25, 2) }
    const epsilon = draw.number(1e-5, 0.5)
    const r = inverseDeviation(running.variance, epsilon)
    const options = { mode: 'evaluation', epsilon, momentum: 0.1 } as const
    return {
      inputs,
      run: (x, gamma, beta) =>
        batchNorm(x as Tensor<Matrix>, gamma as Tensor<Vector>, beta as Tensor<Vector>, running, options),
      oracle: (x, gamma, beta) => oracle.batchNorm(x!, gamma!, beta!, running, epsilon),
      // the inverse deviation carries 4 U (epsilon, sum, root, quotient), the slope 5, the product 7
      outputBound: 8 * r * 7 + 2,
      gradientBounds: [2 * r * 6, (batch + 7) * batch * 4 * r, chain(batch, 1)],
    }
  },
}

export const batchNormTraining: Case = {
  title: 'in training',
  make(draw) {
    const { batch, features, x, inputs } = layer(draw, 2)
    const epsilon = draw.number(1e-5, 0.5)
    const r = inverseDeviation(oracle.columnMoments(batch, features, x).variance, epsilon)
    const h = Math.min(4 * r, Math.sqrt(batch))
    // to first order: the mean is off by 2 B + 2, the variance by 16 B + 32, 1 / deviation relatively by
    const inverse = (8 * batch + 16) * r * r + 4
    const xHat = 4 * r * (inverse + 2) + r * (2 * batch + 6)
    const projection = xHat + (batch + 3) * h
    const inner = batch + 1 + h * projection + xHat + 4 * (2 + h)
    const fresh = () => ({ mean: new Float32Array(features), variance: new Float32Array(features) })
    const options = { mode: 'training', epsilon, momentum: 0.1 } as const
    return {
      inputs,
      run: (a, gamma, beta) =>
        batchNorm(a as Tensor<Matrix>, gamma as Tensor<Vector>, beta as Tensor<Vector>, fresh(), options),
      oracle: (a, gamma, beta) =>
        oracle.batchNorm(a!, gamma!, beta!, oracle.columnMoments(batch, features, a!), epsilon),
      outputBound: 2 * xHat + 26 * r + 4,
      gradientBounds: [2 * r * (inner + (2 + h) * (inverse + 2)), batch * projection, chain(batch, 1)],
    }
  },
}
