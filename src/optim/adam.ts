import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { between, type Optimizer, type OptimizerState, penaltyOf, type StepOptions, within } from './optimizer.ts'
import { arrayOf, checkState } from './state.ts'

/** What {@link Adam} takes; the defaults are the paper's. */
export interface AdamOptions {
  /** step length; default 1e-3 */
  readonly learningRate?: number
  /** decay of the mean of gradients, in [0, 1); default 0.9 */
  readonly beta1?: number
  /** decay of the mean of their squares, in [0, 1); default 0.999 */
  readonly beta2?: number
  /** added to the root of that mean; default 1e-8 */
  readonly epsilon?: number
}

type Moments = { readonly first: Float32Array; readonly second: Float32Array }

/** Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), epsilon outside the root as in PyTorch. */
export class Adam implements Optimizer {
  /** may be changed between steps */
  learningRate: number
  /** see {@link AdamOptions}; the others likewise */
  readonly beta1: number
  /** decay of the mean of squares */
  readonly beta2: number
  /** added to the root */
  readonly epsilon: number
  readonly #moments = new Map<Parameter, Moments>()
  // beta1^t and beta2^t of the kernel's float32 betas, by products: pow would differ between machines
  #power1 = 1
  #power2 = 1

  /** @param options - all have defaults. @throws PalimpsestError `INVALID_ARGUMENT` for a negative number, or a beta of 1 or more */
  constructor({ learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}) {
    this.learningRate = within('learningRate', learningRate, 0, Infinity)
    this.beta1 = within('beta1', beta1, 0, 1)
    this.beta2 = within('beta2', beta2, 0, 1)
    this.epsilon = within('epsilon', epsilon, 0, Infinity)
  }

  /**
   * As {@link Optimizer.step}. Returns the penalty before the change.
   * @param parameters - changed in place. @param options - a rate and a penalty.
   * @throws PalimpsestError `INVALID_ARGUMENT`, before anything changed
   */
  step(parameters: readonly Parameter[], { rate = 1, quadratic = null }: StepOptions = {}): number {
    const { beta1, beta2, epsilon } = this
    const learningRate = within('learningRate * rate', this.learningRate * rate, 0, Infinity)
    this.#power1 *= Math.fround(beta1)
    this.#power2 *= Math.fround(beta2)
    const [correction1, correction2] = [1 - this.#power1, 1 - this.#power2]
    let sum = 0
    for (const parameter of parameters) {
      const { precision, anchor } = quadratic?.of(parameter) ?? { precision: null, anchor: null }
      const { first, second } = this.#momentsOf(parameter)
      sum += native.adam(
        parameter.data,
        parameter.gradient,
        first,
        second,
        learningRate,
        beta1,
        beta2,
        epsilon,
        correction1,
        correction2,
        quadratic?.lambda ?? 0,
        precision,
        anchor,
      )
    }
    return penaltyOf(quadratic, sum)
  }

  reset(): void {
    this.#moments.clear()
    this.#power1 = 1
    this.#power2 = 1
  }

  state(parameters: readonly Parameter[]): OptimizerState {
    const { learningRate, beta1, beta2, epsilon } = this
    const arrays: Record<string, Float32Array> = {}
    for (const parameter of parameters)
      for (const [what, values] of Object.entries(this.#moments.get(parameter) ?? {}))
        arrays[`${parameter.name}/${what}`] = values.slice()
    const powers = { power1: this.#power1, power2: this.#power2 }
    return { name: 'adam', numbers: { learningRate, beta1, beta2, epsilon, ...powers }, arrays }
  }

  restore(parameters: readonly Parameter[], state: OptimizerState): void {
    const { beta1, beta2, epsilon } = this
    checkState(state, 'adam', { beta1, beta2, epsilon })
    const { learningRate = NaN, power1 = NaN, power2 = NaN } = state.numbers
    for (const [name, value] of Object.entries({ power1, power2 })) between(name, value, 0, 1)
    const moments = parameters.flatMap((parameter): [Parameter, Moments][] => {
      const [first, second] = [arrayOf(state, parameter, 'first'), arrayOf(state, parameter, 'second')]
      if (!first && !second) return []
      if (!first || !second || second.some((value) => value < 0))
        throw new PalimpsestError(
          'INVALID_ARGUMENT',
          `the state of adam has one moment only of ${parameter.name}, or a mean of squares below 0`,
        )
      return [[parameter, { first, second }]]
    })
    this.#moments.clear()
    for (const [parameter, held] of moments) this.#moments.set(parameter, held)
    this.learningRate = learningRate
    this.#power1 = power1
    this.#power2 = power2
  }

  #momentsOf(parameter: Parameter): Moments {
    const fresh = () => alignedFloats(parameter.size)
    const held = this.#moments.get(parameter) ?? { first: fresh(), second: fresh() }
    this.#moments.set(parameter, held)
    return held
  }
}
