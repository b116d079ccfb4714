import { linear } from '../ops/linear.ts'
import { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'
import { checkShape, type Matrix, type Vector } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { kaimingUniform } from './init.ts'
import type { Module } from './module.ts'

/** y = x weight^T + bias, then ReLU if asked: weight [O, I], bias [O], initialised by {@link kaimingUniform}. */
export class Linear implements Module {
  readonly weight: Parameter<Matrix>
  readonly bias: Parameter<Vector>
  readonly #relu: boolean

  /** @throws PalimpsestError `SHAPE` unless both sizes are whole numbers of at least 1 */
  constructor(
    name: string,
    inputs: number,
    outputs: number,
    options: { readonly random: Random; readonly relu?: boolean },
  ) {
    const { random, relu = false } = options
    checkShape([outputs, inputs])
    this.weight = new Parameter(`${name}.weight`, [outputs, inputs], kaimingUniform(outputs * inputs, inputs, random))
    this.bias = new Parameter(`${name}.bias`, [outputs], kaimingUniform(outputs, inputs, random))
    this.#relu = relu
  }

  forward(x: Tensor<Matrix>): Tensor<Matrix> {
    return linear(x, this.weight, this.bias, { relu: this.#relu })
  }

  parameters(): readonly Parameter[] {
    return [this.weight, this.bias]
  }
}
