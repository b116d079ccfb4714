import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import {
  type Anchored,
  type Optimizer,
  type OptimizerState,
  penaltyOf,
  type Quadratic,
  type StepOptions,
  within,
} from './optimizer.ts'
import { arrayOf, checkState } from './state.ts'

/** What {@link Sgd} takes. */
export interface SgdOptions {
  /** step length, 0 or more */
  readonly learningRate: number
  /** share of the last velocity that is kept, in [0, 1); default 0 */
  readonly momentum?: number
  /** 0 or more; default 0 */
  readonly weightDecay?: number
  /**
   * Takes the penalty implicitly, at the place where the step ends: never unstable, however strong the penalty; default
   * false, the penalty's gradient where the step begins
   */
  readonly proximal?: boolean
}

/**
 * Stochastic gradient descent as in PyTorch: g = gradient + weightDecay theta; velocity = momentum velocity + g;
 * theta -= learningRate velocity (Sutskever et al. 2013, with the learning rate outside the velocity).
 *
 * With `proximal` the penalty (lambda / 2) F (theta - anchor)^2 is left out of g, and its proximal operator follows the
 * step: theta = (theta + c anchor) / (1 + c), c = learningRate lambda F (Parikh and Boyd 2014, section 2.2).
 */
export class Sgd implements Optimizer {
  /** may be changed between steps */
  learningRate: number
  /** share of the last velocity that is kept */
  readonly momentum: number
  /** times theta, added to the gradient */
  readonly weightDecay: number
  /** whether the penalty is taken implicitly */
  readonly proximal: boolean
  readonly #velocity = new Map<Parameter, Float32Array>()

  /** @param options - a learning rate at least. @throws PalimpsestError `INVALID_ARGUMENT` for a negative number, or a momentum of 1 or more */
  constructor({ learningRate, momentum = 0, weightDecay = 0, proximal = false }: SgdOptions) {
    this.learningRate = within('learningRate', learningRate, 0, Infinity)
    this.momentum = within('momentum', momentum, 0, 1)
    this.weightDecay = within('weightDecay', weightDecay, 0, Infinity)
    this.proximal = proximal
  }

  /**
   * As {@link Optimizer.step}. Returns the penalty before the change.
   * @param parameters - changed in place. @param options - a rate and a penalty.
   * @throws PalimpsestError `PENALTY_UNSTABLE` (not when proximal), `INVALID_ARGUMENT`, before anything changed
   */
  step(parameters: readonly Parameter[], { rate = 1, quadratic = null }: StepOptions = {}): number {
    const learningRate = within('learningRate * rate', this.learningRate * rate, 0, Infinity)
    if (quadratic && !this.proximal) this.#checkStability(learningRate, quadratic)
    let sum = 0
    for (const parameter of parameters) {
      const anchored = quadratic?.of(parameter)
      if (anchored && this.proximal) sum += native.quadraticSum(parameter.data, anchored.anchor, anchored.precision)
      const { precision, anchor } = (this.proximal ? null : anchored) ?? { precision: null, anchor: null }
      const { data, gradient } = parameter
      const velocity = this.momentum > 0 ? this.#velocityOf(parameter) : null
      const { momentum, weightDecay } = this
      sum += native.sgd(
        data,
        gradient,
        velocity,
        learningRate,
        momentum,
        weightDecay,
        quadratic?.lambda ?? 0,
        precision,
        anchor,
      )
      if (quadratic && anchored && this.proximal) pull(data, anchored, learningRate * quadratic.lambda)
    }
    return penaltyOf(quadratic, sum)
  }

  reset(): void {
    this.#velocity.clear()
  }

  state(parameters: readonly Parameter[]): OptimizerState {
    const arrays: Record<string, Float32Array> = {}
    for (const parameter of parameters) {
      const velocity = this.#velocity.get(parameter)
      if (velocity) arrays[`${parameter.name}/velocity`] = velocity.slice()
    }
    return { name: 'sgd', numbers: { learningRate: this.learningRate, ...this.#options() }, arrays }
  }

  restore(parameters: readonly Parameter[], state: OptimizerState): void {
    checkState(state, 'sgd', this.#options())
    const velocities = parameters.flatMap((parameter): [Parameter, Float32Array][] => {
      const velocity = arrayOf(state, parameter, 'velocity')
      return velocity ? [[parameter, velocity]] : []
    })
    this.#velocity.clear()
    for (const [parameter, velocity] of velocities) this.#velocity.set(parameter, velocity)
    this.learningRate = state.numbers.learningRate as number
  }

  #options(): Record<string, number> {
    const { momentum, weightDecay, proximal } = this
    return { momentum, weightDecay, proximal: Number(proximal) }
  }

  #velocityOf(parameter: Parameter): Float32Array {
    const held = this.#velocity.get(parameter) ?? alignedFloats(parameter.size)
    this.#velocity.set(parameter, held)
    return held
  }

  /** heavy ball on a quadratic of curvature h converges only if learningRate h < 2 (1 + momentum) (Polyak 1964) */
  #checkStability(learningRate: number, { lambda, largest }: Quadratic): void {
    const limit = 2 * (1 + this.momentum)
    const product = learningRate * lambda * largest
    if (product <= limit) return
    throw new PalimpsestError(
      'PENALTY_UNSTABLE',
      `learningRate * lambda * largest Fisher is ${product}, and above 2 (1 + momentum) = ${limit} the step diverges: ` +
        `with this Fisher, take a learning rate below ${limit / (lambda * largest)} or a lambda below ${limit / (learningRate * largest)}, or the option proximal`,
    )
  }
}

function pull(theta: Float32Array, { precision, anchor }: Anchored, factor: number): void {
  for (let i = 0; i < theta.length; i++) {
    const c = factor * (precision[i] as number)
    theta[i] = ((theta[i] as number) + c * (anchor[i] as number)) / (1 + c)
  }
}
