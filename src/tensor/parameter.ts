import { alignedFloats } from './aligned.ts'
import type { Shape } from './shape.ts'
import { Tensor } from './tensor.ts'

/** A tensor that training changes. It alone shows its memory, and owns that of its gradient. */
export class Parameter<const S extends Shape = Shape> extends Tensor<S> {
  /** what messages call it, such as `layers.0.weight` */
  readonly name: string
  /** its numbers, row-major, to be read and changed in place */
  readonly data: Float32Array
  /** d loss / d this, as the last backward pass that was asked for it left it */
  readonly gradient: Float32Array

  /** Takes `data` over without a copy. @throws PalimpsestError `SHAPE`, `DTYPE` or `LENGTH` */
  constructor(name: string, shape: S, data: Float32Array) {
    super(shape, data)
    this.name = name
    this.data = data
    this.gradient = alignedFloats(data.length)
  }
}
