import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import type { Classifier } from '../nn/module.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { storageOf } from '../tensor/tensor.ts'
import { type Diagonal, oneClass } from './fisher.ts'
import type { MethodState } from './method.ts'

/**
 * Squared gradients of log p(label | x), added up while a task is learnt, so that no sample has to be kept for its
 * consolidation. Their mean is an empirical Fisher along the way: each sample's is taken at the weights of that moment
 * (as in RWalk: Chaudhry et al. 2018, arXiv:1801.10112, section 4.1), not at those that are consolidated, and at its own
 * label, not over the model's. docs/serving.md says by how much it differs from the exact one.
 */
export class RunningFisher {
  readonly #totals: ReadonlyMap<Parameter, Float64Array>
  readonly #tape = new Tape()
  #count = 0

  constructor(parameters: readonly Parameter[]) {
    this.#totals = new Map(parameters.map((parameter) => [parameter, new Float64Array(parameter.size)]))
  }

  /** samples since the last reset */
  get count(): number {
    return this.#count
  }

  /** Adds rows x [B, I] of labels y [B], in evaluation mode. @throws PalimpsestError `NO_SQUARED_GRADIENT` */
  add(model: Classifier, x: Float32Array, y: Uint8Array): void {
    this.#tape.step((tape) => {
      const logits = model.forward(tape.input(x, [y.length, model.inputs]), 'evaluation')
      const [batch, classes] = logits.shape
      const probabilities = tape.scratch(logits.size)
      native.softmax(batch, classes, storageOf(logits), probabilities)
      tape.backwardSquared(logits, [oneClass(probabilities, classes, y)], this.#totals)
    })
    this.#count += y.length
  }

  /** The mean over samples. @throws PalimpsestError `EMPTY_SET` before the first */
  diagonal(): Diagonal {
    if (this.#count === 0)
      throw new PalimpsestError(
        'EMPTY_SET',
        'nothing was learnt since the last consolidation: there is nothing to gather',
      )
    return new Map(
      [...this.#totals].map(([parameter, total]) => [parameter, Float32Array.from(total, (sum) => sum / this.#count)]),
    )
  }

  /** of no sample */
  reset(): void {
    for (const total of this.#totals.values()) total.fill(0)
    this.#count = 0
  }

  /** copies */
  state(): Omit<MethodState, 'method'> {
    const arrays = Object.fromEntries([...this.#totals].map(([{ name }, total]) => [name, total.slice()]))
    return { numbers: { count: this.#count }, arrays }
  }

  /**
   * Goes on from a state, in which a parameter may have fewer rows: those since are 0.
   * @throws PalimpsestError `STATE_MALFORMED`; it then is as it was
   */
  restore(parameters: readonly Parameter[], { numbers, arrays }: Omit<MethodState, 'method'>): void {
    const { count = -1 } = numbers
    const held = parameters.map(({ name, size }) => {
      const array = arrays[name]
      if (
        !(array instanceof Float64Array) ||
        array.length > size ||
        !array.every((value) => value >= 0 && value < Infinity)
      )
        throw new PalimpsestError(
          'STATE_MALFORMED',
          `the squared gradients of ${name} are not ${size} numbers of 0 or more`,
        )
      return array
    })
    if (!Number.isSafeInteger(count) || count < 0)
      throw new PalimpsestError('STATE_MALFORMED', `squared gradients of ${count} samples, expected a whole number`)
    this.reset()
    parameters.forEach((parameter, index) => {
      this.#totals.get(parameter)?.set(held[index] as Float64Array)
    })
    this.#count = count
  }
}
