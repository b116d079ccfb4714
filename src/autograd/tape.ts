import { PalimpsestError } from '../../bindings/errors.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { BufferPool } from '../tensor/pool.ts'
import { describe, type Scalar, type Shape, sizeOf } from '../tensor/shape.ts'
import { release, storageOf, Tensor } from '../tensor/tensor.ts'
import { backward } from './backward.ts'
import type { Node, Op, Power } from './op.ts'
import { backwardRows, type VisitRows } from './rows.ts'
import { backwardSquared, type SquaredTotals } from './squared.ts'

/**
 * Records operations, so that gradients can be had from them, and owns the memory of what they make. All of it happens
 * inside `step`; when that ends, every tensor of the tape is released and its memory used again.
 */
export class Tape {
  readonly #pool = new BufferPool()
  #nodes: Node[] = []
  #tensors: Tensor[] = []
  #effects: (() => void)[] = []
  readonly #watched = new Map<Tensor, Parameter>()
  #inside = false

  /** how many buffers the tape has ever allocated: constant once steps repeat their shapes */
  get allocations(): number {
    return this.#pool.allocated
  }

  /**
   * Runs one step: forward, `backward`, update. Returns what `run` returns.
   * @throws PalimpsestError `TAPE_MISUSE` when called inside a step of the same tape; whatever `run` throws
   */
  step<T>(run: (tape: Tape) => T): T {
    if (this.#inside) throw new PalimpsestError('TAPE_MISUSE', 'step() is called inside a step of the same tape')
    this.#inside = true
    try {
      const result = run(this)
      if (result instanceof Promise) {
        // what is left of it fails on released tensors: this error says why
        result.catch(() => {})
        throw new PalimpsestError('TAPE_MISUSE', 'a step is synchronous: it cannot return a promise')
      }
      for (const effect of this.#effects) effect()
      return result
    } finally {
      for (const tensor of this.#tensors) release(tensor)
      this.#tensors = []
      this.#nodes = []
      this.#effects = []
      this.#watched.clear()
      this.#pool.reclaim()
      this.#inside = false
    }
  }

  /**
   * A tensor of this step over the caller's memory, which must not change until the step ends.
   * @throws PalimpsestError `SHAPE`, `LENGTH`, `DTYPE`, `TAPE_MISUSE`
   */
  input<const S extends Shape>(data: Float32Array, shape: S): Tensor<S> {
    return this.#own(new Tensor(shape, data, this))
  }

  /** A parameter as a tensor of this step, for operations none of whose inputs would name the tape otherwise. */
  watch<S extends Shape>(parameter: Parameter<S>): Tensor<S> {
    const leaf = this.#own(new Tensor(parameter.shape, parameter.data, this))
    this.#watched.set(leaf, parameter)
    return leaf
  }

  /** for operations: a tensor of this step with unspecified contents */
  output<S extends Shape>(shape: S): Tensor<S> {
    return this.#own(new Tensor(shape, this.#pool.take(sizeOf(shape)), this))
  }

  /** for operations: memory that lives until the end of the step */
  scratch(length: number): Float32Array {
    this.#check()
    return this.#pool.take(length)
  }

  /** for operations: keeps what the gradient needs */
  record<Saved>(op: Op<Saved>, inputs: readonly Tensor[], output: Tensor, saved: Saved): void {
    this.#check()
    this.#nodes.push({ op, inputs: inputs.map((input) => this.#watched.get(input) ?? input), output, saved })
  }

  /** for modules: a change of state that happens only if the step ends without an error */
  afterwards(effect: () => void): void {
    this.#check()
    this.#effects.push(effect)
  }

  /**
   * Writes d loss / d parameter into the `gradient` of each parameter, 0 where the loss does not depend on it. Other
   * parameters keep the gradient they had.
   * @throws PalimpsestError `SHAPE` unless the loss is one number, `TAPE_MISUSE`, `TENSOR_RELEASED`
   */
  backward(loss: Tensor<Scalar>, parameters: readonly Parameter[]): void {
    this.#mine(loss)
    if (loss.size !== 1)
      throw new PalimpsestError('SHAPE', `backward() of a tensor of shape ${describe(loss.shape)}, expected one number`)
    backward(this.#nodes, this.#watched.get(loss) ?? loss, parameters, this.#pool)
  }

  /**
   * Adds to `totals` the sum over samples of the squared gradients of its parameters, over all `seeds`: each is
   * d objective / d output, [B, C], row b for sample b alone. The sweep may change a seed, and is done with it before the next is asked for.
   * With the power `magnitudes` it is the sum of their absolute values.
   * @throws PalimpsestError `NO_SQUARED_GRADIENT`, `PARAMETER_REUSED`, `LENGTH`, `TAPE_MISUSE`, `TENSOR_RELEASED`
   */
  backwardSquared(output: Tensor, seeds: Iterable<Float32Array>, totals: SquaredTotals, power?: Power): void {
    this.#mine(output)
    backwardSquared(this.#nodes, output, seeds, totals, this.#pool, power)
  }

  /**
   * Shows `visit` the gradients that arrive at every operation with some of the parameters, a row a sample, for each seed:
   * d objective / d output, [B, C]. The sweep may change a seed, and is done with it before the next is asked for.
   * @throws PalimpsestError `NO_SQUARED_GRADIENT`, `PARAMETER_REUSED`, `LENGTH`, `TAPE_MISUSE`, `TENSOR_RELEASED`
   */
  backwardRows(
    output: Tensor,
    seeds: Iterable<Float32Array>,
    parameters: readonly Parameter[],
    visit: VisitRows,
  ): void {
    this.#mine(output)
    backwardRows(this.#nodes, output, seeds, parameters, this.#pool, visit)
  }

  #own<S extends Shape>(tensor: Tensor<S>): Tensor<S> {
    this.#check()
    this.#tensors.push(tensor)
    return tensor
  }

  #check(): void {
    if (!this.#inside) throw new PalimpsestError('TAPE_MISUSE', 'a tape is used outside its step')
  }

  #mine(tensor: Tensor): void {
    storageOf(tensor)
    if (tensor.owner !== this) throw new PalimpsestError('TAPE_MISUSE', 'a tensor belongs to another tape, or to none')
  }
}

/**
 * For operations: the one tape among the inputs.
 * @throws PalimpsestError `TENSOR_RELEASED`, `TAPE_MISUSE` when there is none, or two
 */
export function tapeOf(op: string, ...inputs: readonly Tensor[]): Tape {
  let tape: Tape | null = null
  for (const input of inputs) {
    storageOf(input)
    if (!(input.owner instanceof Tape)) continue
    if (tape && tape !== input.owner)
      throw new PalimpsestError('TAPE_MISUSE', `${op}: its inputs belong to different tapes`)
    tape = input.owner
  }
  if (!tape)
    throw new PalimpsestError(
      'TAPE_MISUSE',
      `${op}: none of its inputs belongs to a tape; make one with tape.input() or tape.watch()`,
    )
  return tape
}
