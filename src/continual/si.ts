import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { type Quadratic, within } from '../optim/optimizer.ts'
import { savedOf } from '../optim/state.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { BufferPool } from '../tensor/pool.ts'
import { Anchors } from './anchors.ts'
import type { Method, MethodState } from './method.ts'

/** What {@link Si} takes. */
export interface SiOptions {
  /**
   * weight of the penalty, 0 or more: twice the paper's c, whose penalty has no half; default 10, which was best on MNIST
   * then Fashion-MNIST
   */
  readonly lambda?: number
  /** xi, added to the squared distance that a parameter went in a task; more than 0; default 0.1, as in the paper */
  readonly damping?: number
}

/** of one parameter: where the task began, the last step's weights and gradient, and the path integral so far */
type Path = Readonly<Record<'start' | 'theta' | 'gradient' | 'omega', Float32Array>>

/**
 * Synaptic Intelligence (Zenke, Poole and Ganguli 2017, arXiv:1703.04200, equations 3 to 5, but for the max). While a task
 * is learnt, each parameter's share of the fall of the loss adds up, omega -= gradient (theta' - theta), over its steps; at
 * the end Omega += max(0, omega) / ((theta - start)^2 + xi), and the penalty is (lambda / 2) sum Omega (theta - anchor)^2
 * about the latest weights. The paper adds omega as it is, also where it is below 0: a parameter that raised the loss,
 * in sum over a task, would then push away from its anchor, or undo what earlier tasks hold it with. Here it adds nothing.
 * The gradient is that of the task's own loss, without the penalty. Nothing is computed from the set.
 */
export class Si implements Method {
  readonly name = 'si'
  readonly storesSamples = false
  /** see {@link SiOptions.lambda} */
  readonly lambda: number
  /** xi */
  readonly damping: number
  readonly #anchors = new Anchors(this.name)
  readonly #pool = new BufferPool()
  #paths: ReadonlyMap<Parameter, Path> = new Map()

  /** @param options - all have defaults. @throws PalimpsestError `INVALID_ARGUMENT` for a negative lambda, a damping of 0 or less */
  constructor({ lambda = 10, damping = 0.1 }: SiOptions = {}) {
    this.lambda = within('lambda', lambda, 0, Infinity)
    this.damping = within('damping', damping, Number.MIN_VALUE, Infinity)
  }

  /** Only looks: what the last step did is known when the next begins. */
  addGradient(parameters: readonly Parameter[]): number {
    if (parameters.some((parameter) => !this.#paths.has(parameter)))
      this.#paths = new Map(
        parameters.map((parameter) => [parameter, this.#paths.get(parameter) ?? beginning(parameter)]),
      )
    for (const [parameter, path] of this.#paths) {
      walk(parameter, path, this.#pool)
      path.theta.set(parameter.data)
      path.gradient.set(parameter.gradient)
    }
    return 0
  }

  /**
   * Turns the path of the task that was learnt into a penalty.
   * @throws PalimpsestError `PENALTY_POWERLESS` when no step was taken since the last, or none lowered the loss
   */
  consolidate(): void {
    const importance = [...this.#paths].map(([parameter, path]): [Parameter, Float32Array] => {
      const { start, omega } = walk(parameter, { ...path, omega: path.omega.slice() }, this.#pool)
      const share = (sum: number, i: number) => {
        const moved = (parameter.data[i] as number) - (start[i] as number)
        return Math.max(0, sum) / (moved * moved + this.damping)
      }
      return [parameter, omega.map(share)]
    })
    this.#anchors.add(new Map(importance), 'online')
    this.#paths = new Map()
  }

  /** as {@link Method.quadratic}; see `Ewc.quadratic` for what it warns of and throws */
  quadratic(parameters: readonly Parameter[]): Quadratic | null {
    return this.#anchors.quadratic(parameters, this.lambda)
  }

  state(parameters: readonly Parameter[]): MethodState {
    const { method, numbers, arrays } = this.#anchors.state(parameters)
    const paths: Record<string, Float32Array> = {}
    for (const parameter of parameters)
      for (const [what, values] of Object.entries(this.#paths.get(parameter) ?? {}))
        paths[`${parameter.name}/${what}`] = values.slice()
    return { method, numbers, arrays: { ...arrays, ...paths } }
  }

  restore(parameters: readonly Parameter[], state: MethodState): void {
    const paths = new Map<Parameter, Path>()
    for (const parameter of parameters) {
      const path = beginning(parameter)
      const kept = Object.entries(path).map(([what, values]) => {
        const saved = savedOf(state, parameter, what)
        if (saved) values.set(saved)
        return saved
      })
      if (kept.every((saved) => saved === null)) continue
      if (kept.some((saved) => saved?.length !== kept[0]?.length))
        throw new PalimpsestError('LENGTH', `the state of si holds a part only of the path of ${parameter.name}`)
      if (!kept.every((saved) => native.allFinite(saved as Float32Array)))
        throw new PalimpsestError('NON_FINITE', `the path of ${parameter.name} holds NaN or infinity`)
      paths.set(parameter, path)
    }
    this.#anchors.restore(parameters, state)
    this.#paths = paths
  }
}

const beginning = ({ data, size }: Parameter): Path => {
  const [start, theta] = [alignedFloats(size), alignedFloats(size)]
  start.set(data)
  theta.set(data)
  return { start, theta, gradient: alignedFloats(size), omega: alignedFloats(size) }
}

/** omega -= gradient (theta' - theta), of the last step that was seen */
function walk({ data }: Parameter, path: Path, pool: BufferPool): Path {
  const moved = pool.take(data.length)
  native.subtract(path.theta, data, moved)
  native.multiply(moved, path.gradient, moved)
  native.add(path.omega, moved, path.omega)
  pool.give(moved)
  return path
}
