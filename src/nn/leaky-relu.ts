import { add } from '../ops/add.ts'
import { relu } from '../ops/relu.ts'
import { scale } from '../ops/scale.ts'
import type { Matrix } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Module } from './module.ts'

/** x where x > 0, else 0.01 x, as 0.01 x + 0.99 relu(x) (Maas, Hannun and Ng 2013, with PyTorch's slope). */
export class LeakyRelu implements Module {
  forward(x: Tensor<Matrix>): Tensor<Matrix> {
    return add(scale(x, 0.01), scale(relu(x), 0.99))
  }

  /** none */
  parameters(): readonly [] {
    return []
  }
}
