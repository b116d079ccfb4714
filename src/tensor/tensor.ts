import { PalimpsestError } from '../../bindings/errors.ts'
import { checkShape, describe, type Shape, sizeOf } from './shape.ts'

/** inside the package only: the memory of a tensor, which a public tensor does not show */
export let storageOf: (tensor: Tensor) => Float32Array
/** inside the package only: ends a tensor's life */
export let release: (tensor: Tensor) => void

/**
 * An immutable float32 array with a shape, row-major. Most tensors belong to a tape and live until the end of its step;
 * their memory is used again afterwards, so it is never shown: `read()` copies it out.
 */
export class Tensor<const S extends Shape = Shape> {
  /** sizes of the axes */
  readonly shape: S
  /** how many numbers: the product of the shape */
  readonly size: number
  /** the tape that made this tensor, or null for one that stands on its own */
  readonly owner: object | null
  #storage: Float32Array | null

  static {
    storageOf = (tensor) => {
      if (tensor.#storage) return tensor.#storage
      throw new PalimpsestError(
        'TENSOR_RELEASED',
        `a tensor of shape ${describe(tensor.shape)} is used after the step that made it; read() or detach() it inside`,
      )
    }
    release = (tensor) => {
      tensor.#storage = null
    }
  }

  /** Takes `storage` over without a copy. @throws PalimpsestError `SHAPE`, `DTYPE` or `LENGTH` */
  constructor(shape: S, storage: Float32Array, owner: object | null = null) {
    checkShape(shape)
    if (!(storage instanceof Float32Array))
      throw new PalimpsestError('DTYPE', `a tensor's data is ${typeof storage}, expected a Float32Array`)
    this.size = sizeOf(shape)
    if (storage.length !== this.size)
      throw new PalimpsestError(
        'LENGTH',
        `a tensor of shape ${describe(shape)} has ${storage.length} numbers, expected ${this.size}`,
      )
    this.shape = shape
    this.owner = owner
    this.#storage = storage
  }

  /** A copy of the numbers. @throws PalimpsestError `TENSOR_RELEASED` */
  read(): Float32Array {
    return storageOf(this).slice()
  }

  /** The only number of a tensor of size 1. @throws PalimpsestError `SHAPE`, `TENSOR_RELEASED` */
  item(): number {
    if (this.size !== 1)
      throw new PalimpsestError('SHAPE', `item() of a tensor of shape ${describe(this.shape)}, expected one number`)
    return storageOf(this)[0] as number
  }

  /** A copy that outlives the step and takes no gradient. @throws PalimpsestError `TENSOR_RELEASED` */
  detach(): Tensor<S> {
    return new Tensor(this.shape, this.read())
  }
}

/** A tensor that stands on its own and takes no gradient; copies `data`. @throws PalimpsestError `SHAPE` or `LENGTH` */
export function tensor<const S extends Shape>(data: ArrayLike<number>, shape: S): Tensor<S> {
  return new Tensor(shape, Float32Array.from(data))
}
