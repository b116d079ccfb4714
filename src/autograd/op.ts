import type { Parameter } from '../tensor/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Every operation there is. */
export type OpName =
  | 'matmul'
  | 'linear'
  | 'add'
  | 'sub'
  | 'mul'
  | 'scale'
  | 'square'
  | 'relu'
  | 'columns'
  | 'sum'
  | 'mean'
  | 'batchNorm'
  | 'logSoftmax'
  | 'softmaxCrossEntropy'

/** What one operation left on the tape; `saved` is what its gradient needs besides inputs and output. */
export interface Node<Saved = unknown> {
  /** what was done */
  readonly op: Op<Saved>
  /** to what, parameters among them */
  readonly inputs: readonly Tensor[]
  /** what it made */
  readonly output: Tensor
  /** of the operation's own kind */
  readonly saved: Saved
}

/** Calls `write` with a buffer for the gradient of `input`, if it is wanted, and adds up what several uses write. */
export type Into = (input: Tensor, write: (dInput: Float32Array) => void) => void

/** Lends memory until the end of the step. */
export type Scratch = (length: number) => Float32Array

/** What is summed over samples: the squares of their gradients, or the absolute values. */
export type Power = 'squares' | 'magnitudes'

/** out = x^2 or |x|, element by element; `out` may be `x` */
export type Raise = (x: Float32Array, out: Float32Array) => void

/** Calls `write` with a buffer for the sum over samples of the squared gradient of a parameter, if it is wanted. */
export type IntoSquared = (parameter: Parameter, write: (sum: Float32Array) => void) => void

/** The gradient side of an operation. Its forward side is the function of the same name beside it. */
export interface Op<Saved = unknown> {
  /** its key in the registry */
  readonly name: OpName

  /**
   * Turns the gradient of a fused activation, in place, into that of what went into the activation. It keeps an element or
   * makes it 0, and does the same to squares of gradients.
   */
  unfuse?(node: Node<Saved>, dOutput: Float32Array): void

  /** Given d loss / d output, writes d loss / d input for each input. */
  gradient(node: Node<Saved>, dOutput: Float32Array, into: Into, scratch: Scratch): void

  /**
   * Which inputs every row (sample) of the output shares, the others being rows of the same sample; or 'mixed' where a
   * row depends on other rows, so that no gradient of one sample exists.
   */
  rows(node: Node<Saved>): readonly Tensor[] | 'mixed'

  /**
   * Given the squares of the (unfused) gradients of the output, a row a sample, writes for each shared parameter the sum
   * over samples of its squared gradient. Missing where no shared input can be a parameter. Each gradient is a product
   * d_o f, whose power is the product of powers: given absolute values instead, and a `raise` that takes them of f, it
   * writes sums of absolute values.
   */
  squared?(node: Node<Saved>, dOutputSquared: Float32Array, into: IntoSquared, scratch: Scratch, raise: Raise): void
}
