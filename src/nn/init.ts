import { alignedFloats } from '../tensor/aligned.ts'
import type { Random } from '../tensor/random.ts'

/**
 * PyTorch's default for nn.Linear, weights and biases alike: uniform in [-1 / sqrt(I), 1 / sqrt(I)), which is
 * kaiming_uniform_ with a = sqrt(5) (He et al. 2015, arXiv:1502.01852, with gain 1 / sqrt(3)).
 */
export function kaimingUniform(length: number, inputs: number, random: Random): Float32Array {
  const bound = 1 / Math.sqrt(inputs)
  const values = alignedFloats(length)
  for (let index = 0; index < length; index++) values[index] = (2 * random.uniform() - 1) * bound
  return values
}
