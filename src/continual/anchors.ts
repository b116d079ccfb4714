import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { type Anchored, penaltyOf, type Quadratic } from '../optim/optimizer.ts'
import { savedOf } from '../optim/state.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Diagonal } from './fisher.ts'
import type { MethodState } from './method.ts'

/**
 * How the penalties of several tasks become one quadratic:
 * - `separate`: their sum, each about its own anchor, which is a quadratic again, plus a constant;
 * - `online`: precision = gamma precision + F, about the latest anchor (Schwarz et al. 2018, arXiv:1805.06370, equation 9;
 *   Huszar 2018 for gamma 1);
 * - `latest`: the last task's alone.
 */
export type Mode = 'separate' | 'online' | 'latest'

/** The quadratic penalty of EWC and its relatives: a precision and an anchor for each element of each parameter. */
export class Anchors {
  readonly #owner: string
  #anchored: ReadonlyMap<Parameter, Anchored> = new Map()
  #constant = 0
  #largest = 0
  #tasks = 0
  #warned = false

  /** @param owner - the method's name, for messages */
  constructor(owner: string) {
    this.#owner = owner
  }

  /** how many tasks were added */
  get tasks(): number {
    return this.#tasks
  }

  /**
   * Adds a task's diagonal, at the parameters' present values.
   * @throws PalimpsestError `PENALTY_POWERLESS` when it is 0 everywhere, `NON_FINITE`, `INVALID_ARGUMENT` for a negative
   * number, `LENGTH`; the penalty is then as it was
   */
  add(diagonal: Diagonal, mode: Mode, gamma = 1): void {
    checkDiagonal(diagonal)
    const old = mode === 'latest' ? new Map<Parameter, Anchored>() : this.#anchored
    const merged = new Map(old)
    let constant = mode === 'separate' ? this.#constant : 0
    // online, what the task says nothing of fades too, and about the latest anchor
    const absent = mode === 'online' ? [...old.keys()].filter((parameter) => !diagonal.has(parameter)) : []
    const nothing = absent.map((parameter) => [parameter, new Float32Array(parameter.size)] as const)
    for (const [parameter, f] of [...diagonal, ...nothing]) {
      const held = old.get(parameter)
      const [precision, anchor] = [alignedFloats(parameter.size), alignedFloats(parameter.size)]
      if (held && mode === 'separate') precision.set(held.precision)
      anchor.set(held && mode === 'separate' ? held.anchor : parameter.data)
      constant += native.mergeQuadratic(parameter.data, f, anchor, precision)
      if (held && mode === 'online') fade(held.precision, gamma, precision)
      merged.set(parameter, { precision, anchor })
    }
    this.#keep(merged, constant, this.#tasks + 1)
  }

  /**
   * The penalty, or null before the first task. Parameters that no task has seen are free; a process warning with the
   * code PARAMETER_UNPROTECTED names them, once a task.
   * @throws PalimpsestError `PENALTY_POWERLESS` when it knows none of them
   */
  quadratic(parameters: readonly Parameter[], lambda: number): Quadratic | null {
    if (this.#tasks === 0) return null
    const free = parameters.filter((parameter) => !this.#anchored.has(parameter)).map(({ name }) => name)
    if (free.length === parameters.length)
      throw new PalimpsestError(
        'PENALTY_POWERLESS',
        `none of the parameters (${free.join(', ')}) was there at a consolidation: this penalty belongs to another model`,
      )
    if (free.length > 0 && !this.#warned) {
      this.#warned = true
      process.emitWarning(`${this.#owner} does not protect ${free.join(', ')}: added after the last consolidation`, {
        type: 'PalimpsestWarning',
        code: 'PARAMETER_UNPROTECTED',
      })
    }
    return {
      lambda,
      constant: this.#constant,
      largest: this.#largest,
      of: (parameter) => this.#anchored.get(parameter),
    }
  }

  /** The penalty's value now, in nats; null before the first task. @throws as {@link quadratic} */
  penalty(parameters: readonly Parameter[], lambda: number): number | null {
    const quadratic = this.quadratic(parameters, lambda)
    if (!quadratic) return null
    const sum = parameters.reduce((total, parameter) => {
      const held = quadratic.of(parameter)
      return held ? total + native.quadraticSum(parameter.data, held.anchor, held.precision) : total
    }, 0)
    return penaltyOf(quadratic, sum)
  }

  /** as {@link Method.state} */
  state(parameters: readonly Parameter[]): MethodState {
    const arrays: Record<string, Float32Array> = {}
    for (const parameter of parameters) {
      const held = this.#anchored.get(parameter)
      if (!held) continue
      arrays[`${parameter.name}/precision`] = held.precision.slice()
      arrays[`${parameter.name}/anchor`] = held.anchor.slice()
    }
    return { method: this.#owner, numbers: { tasks: this.#tasks, constant: this.#constant }, arrays }
  }

  /** as {@link Method.restore} */
  restore(parameters: readonly Parameter[], state: MethodState): void {
    const { tasks, constant } = numbersOf(state, this.#owner, ['tasks'], ['constant'])
    const anchored = new Map<Parameter, Anchored>()
    for (const parameter of parameters) {
      const precision = savedOf(state, parameter, 'precision')
      const anchor = savedOf(state, parameter, 'anchor')
      if (!precision && !anchor) continue
      checkHeld(parameter, precision, anchor)
      // what was added since is free, and at rest where it is
      const held = { precision: alignedFloats(parameter.size), anchor: alignedFloats(parameter.size) }
      held.precision.set(precision as Float32Array)
      held.anchor.set(parameter.data)
      held.anchor.set(anchor)
      anchored.set(parameter, held)
    }
    if (tasks > 0 && anchored.size === 0) throw unknown(this.#owner, parameters)
    this.#keep(anchored, constant, tasks)
  }

  #keep(anchored: ReadonlyMap<Parameter, Anchored>, constant: number, tasks: number): void {
    let largest = 0
    for (const { precision } of anchored.values()) for (const value of precision) largest = Math.max(largest, value)
    if (!Number.isFinite(constant) || !Number.isFinite(largest))
      throw new PalimpsestError(
        'NON_FINITE',
        'the penalty would not be finite: parameters are not, or the Fishers overflow',
      )
    this.#anchored = anchored
    this.#constant = constant
    this.#largest = largest
    this.#tasks = tasks
    this.#warned = false
  }
}

/** out += gamma old */
function fade(old: Float32Array, gamma: number, out: Float32Array): void {
  const faded = alignedFloats(old.length)
  native.scale(old, gamma, faded)
  native.add(faded, out, out)
}

/** the refusal of a state that holds nothing of these parameters */
export const unknown = (owner: string, parameters: readonly Parameter[]): PalimpsestError =>
  new PalimpsestError(
    'INVALID_ARGUMENT',
    `the state of ${owner} knows none of the parameters (${parameters.map(({ name }) => name).join(', ')})`,
  )

/**
 * @throws PalimpsestError `INVALID_ARGUMENT` unless the state is this method's, and has these counts, which are whole
 * numbers of 0 or more, and these sums
 */
export function numbersOf<const K extends string, const S extends string = never>(
  { method, numbers }: MethodState,
  owner: string,
  counts: readonly K[],
  sums: readonly S[] = [],
): Record<K | S, number> {
  if (method !== owner)
    throw new PalimpsestError('INVALID_ARGUMENT', `the state is that of '${method}', expected '${owner}'`)
  const wrong =
    counts.find((name) => !Number.isInteger(numbers[name]) || (numbers[name] as number) < 0) ??
    sums.find((name) => !Number.isFinite(numbers[name]))
  if (wrong) throw new PalimpsestError('INVALID_ARGUMENT', `${wrong} is ${numbers[wrong]} in the state of ${owner}`)
  return numbers as Record<K | S, number>
}

/** of a state: both of one length, and numbers that a penalty can have */
function checkHeld(
  { name }: Parameter,
  precision: Float32Array | null,
  anchor: Float32Array | null,
): asserts anchor is Float32Array {
  if (precision?.length !== anchor?.length)
    throw new PalimpsestError(
      'LENGTH',
      `${name} has ${precision?.length ?? 0} precisions for ${anchor?.length ?? 0} anchors`,
    )
  if (!native.allFinite(anchor as Float32Array))
    throw new PalimpsestError('NON_FINITE', `the anchor of ${name} holds NaN or infinity`)
  if (precision?.some((value) => value < 0))
    throw new PalimpsestError('INVALID_ARGUMENT', `the precision of ${name} holds a negative number`)
}

function checkDiagonal(diagonal: Diagonal): void {
  let any = false
  for (const [{ name }, values] of diagonal) {
    for (const value of values) {
      if (!Number.isFinite(value)) throw new PalimpsestError('NON_FINITE', `the Fisher of ${name} holds ${value}`)
      if (value < 0)
        throw new PalimpsestError(
          'INVALID_ARGUMENT',
          `the Fisher of ${name} holds ${value}, expected no negative number`,
        )
      any ||= value > 0
    }
  }
  if (!any)
    throw new PalimpsestError(
      'PENALTY_POWERLESS',
      'the Fisher is 0 everywhere, so the penalty would be 0: the model may be certain of every sample, or wholly silent',
    )
}
