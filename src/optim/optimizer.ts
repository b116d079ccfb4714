import { PalimpsestError } from '../../bindings/errors.ts'
import type { Parameter } from '../tensor/parameter.ts'

/** One parameter's share of a quadratic penalty, element by element. */
export interface Anchored {
  /** F, 0 or more, in the parameter's shape */
  readonly precision: Float32Array
  /** where the penalty is least, in the parameter's shape */
  readonly anchor: Float32Array
}

/** The penalty (lambda / 2) (sum precision (theta - anchor)^2 + constant), the sum over all anchored parameters. */
export interface Quadratic {
  /** weight of the penalty */
  readonly lambda: number
  /** what several tasks' penalties add up to beyond the quadratic */
  readonly constant: number
  /** the largest precision of any element */
  readonly largest: number
  /** undefined where a parameter is free */
  of(parameter: Parameter): Anchored | undefined
}

/** What a step of an optimizer takes besides the parameters. */
export interface StepOptions {
  /** multiplies the learning rate, as a schedule asks; default 1 */
  readonly rate?: number
  /** added to the gradient in the same pass over memory; default none */
  readonly quadratic?: Quadratic | null
}

/** What an optimizer remembers, as plain data: for saving, and for `restore` of one made with the same options. */
export interface OptimizerState {
  /** which optimizer it is */
  readonly name: string
  /** options, the learning rate as it is now, and what counts steps */
  readonly numbers: Readonly<Record<string, number>>
  /** what it keeps of a parameter, called `<parameter>/<what>`, row-major */
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Uint8Array>>
}

/** What changes parameters by their gradients. */
export interface Optimizer {
  /** may be changed between steps */
  learningRate: number
  /**
   * Changes each parameter by its `gradient`. Returns the penalty before the change, 0 without one.
   * @throws PalimpsestError `PENALTY_UNSTABLE`, `INVALID_ARGUMENT` (the learning rate times `rate`), before anything
   * changed
   */
  step(parameters: readonly Parameter[], options?: StepOptions): number
  /** forgets momentum, moments and the step count */
  reset(): void
  /** All that it remembers of these parameters, for saving. The arrays are copies. */
  state?(parameters: readonly Parameter[]): OptimizerState
  /**
   * Remembers what a state says, instead of what it did, and takes its learning rate. A parameter may have more rows than
   * when the state was taken, added at its end: it remembers nothing of them.
   * @throws PalimpsestError `INVALID_ARGUMENT`, `LENGTH`, `NON_FINITE`; it then remembers what it did before
   */
  restore?(parameters: readonly Parameter[], state: OptimizerState): void
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless least <= value < below, also once it is rounded to float32 */
export function within(name: string, value: number, least: number, below: number): number {
  if (typeof value === 'number' && value >= least && Math.fround(value) < below) return value
  throw new PalimpsestError(
    'INVALID_ARGUMENT',
    `${name} is ${value}, expected a number from ${least} to less than ${below} in float32`,
  )
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless least <= value <= most */
export function between(name: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw new PalimpsestError('INVALID_ARGUMENT', `${name} is ${value}, expected a number from ${least} to ${most}`)
}

/** the penalty's value from the kernels' sums over parameters */
export const penaltyOf = (quadratic: Quadratic | null, sum: number): number =>
  quadratic ? (quadratic.lambda / 2) * (sum + quadratic.constant) : 0
