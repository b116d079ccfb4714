import type { Shape } from './shape.ts'
import { Tensor } from './tensor.ts'

/** A tensor that training changes. It alone shows its memory, and owns that of its gradient. */
export class Parameter<const S extends Shape = Shape> extends Tensor<S> {
  readonly name: string
  readonly data: Float32Array
  /** d loss / d this, as the last backward pass that was asked for it left it */
  readonly gradient: Float32Array

  constructor(name: string, shape: S, data: Float32Array) {
    super(shape, data)
    this.name = name
    this.data = data
    this.gradient = new Float32Array(data.length)
  }
}
