import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { within } from '../optim/optimizer.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { BufferPool } from '../tensor/pool.ts'
import { numbersOf, unknown } from './anchors.ts'
import { samplesOf } from './ewc.ts'
import { type Factors, kroneckerFactors } from './factors.ts'
import { aligned, type Layer, type Pull, restored, savedOf } from './kfac-layer.ts'
import type { Method, MethodState, Task } from './method.ts'

/** What {@link Kfac} takes. */
export interface KfacOptions {
  /**
   * weight of the penalty, 0 or more; default 10, which was best on MNIST then Fashion-MNIST; the Bayesian value for tasks of
   * equal size is 1
   */
  readonly lambda?: number
  /** share of the mean of G's diagonal that is added to it at each consolidation; default 0.1 */
  readonly damping?: number
  /** the penalty's gradient is computed anew every so many steps, and added as it is in between; default 1 */
  readonly refresh?: number
}

/**
 * Online Laplace with Kronecker factors (Ritter, Botev and Barber 2018, arXiv:1805.07810, equations 6 to 9; the factors of
 * Martens and Grosse 2015, arXiv:1503.05671). For a linear layer the Fisher is taken as A x G, A = E[a a^T] of its inputs
 * with a 1 appended for the bias, G = E[g g^T] of the gradients of log p at its outputs, the expectation over the
 * model's own softmax taken exactly, class by class. The penalty is, with D = [W b] - anchor,
 *
 *     (lambda / 2) sum over layers of tr(D^T G D A)
 *
 * Approximations: layers do not interact; a and g are independent; over tasks A is averaged and G summed, while a sum of
 * Kronecker products is not one; one anchor, the latest weights. Gammas and betas of a BatchNorm are free.
 */
export class Kfac implements Method {
  readonly name = 'kfac'
  readonly storesSamples = false
  /** see {@link KfacOptions.lambda}; the others likewise */
  readonly lambda: number
  /** of G */
  readonly damping: number
  /** steps */
  readonly refresh: number
  readonly #pool = new BufferPool()
  #layers: ReadonlyMap<Parameter, Layer> = new Map()
  #pulls = new Map<Parameter, Pull>()
  #tasks = 0
  #step = 0
  #penalty = 0

  /** @param options - all have defaults. @throws PalimpsestError `INVALID_ARGUMENT` for a negative number, a refresh that is not a whole number of at least 1 */
  constructor({ lambda = 10, damping = 0.1, refresh = 1 }: KfacOptions = {}) {
    this.lambda = within('lambda', lambda, 0, Infinity)
    this.damping = within('damping', damping, 0, Infinity)
    if (!Number.isInteger(refresh) || refresh < 1)
      throw new PalimpsestError('INVALID_ARGUMENT', `refresh is ${refresh}, expected a whole number of at least 1`)
    this.refresh = refresh
  }

  /** how many tasks the penalty protects */
  get tasks(): number {
    return this.#tasks
  }

  /**
   * Adds the task's factors, and takes the present weights as the anchor.
   * @throws PalimpsestError `NO_SQUARED_GRADIENT` when no layer is linear, `NON_FINITE`, `PENALTY_POWERLESS` when all
   * gradients are 0
   */
  consolidate(task: Task): void {
    const fresh = kroneckerFactors(task.model, task.set, { samples: samplesOf(task), random: task.random })
    check(fresh)
    const parameters = task.model.parameters()
    // a layer that this task did not use stays protected as it was
    const layers = new Map(this.#layers)
    for (const [weight, { bias, a, aBias, g, last }] of fresh) {
      const old = this.#layers.get(weight)
      damp(g, bias.size, this.damping, last)
      const average = (now: Float32Array, before: Float32Array | undefined) =>
        before
          ? now.map((value, i) => (before[i] as number) + (value - (before[i] as number)) / (this.#tasks + 1))
          : now
      layers.set(weight, {
        bias,
        a: aligned(average(a, old?.a)),
        aBias: aligned(average(aBias, old?.aBias)),
        g: aligned(old ? g.map((value, i) => value + (old.g[i] as number)) : g),
        anchorWeight: aligned(weight.data),
        anchorBias: aligned(bias.data),
      })
    }
    this.#keep(new Map([...layers].filter(([weight]) => parameters.includes(weight))), this.#tasks + 1)
  }

  /** Adds lambda G D A to the gradients. Returns the penalty, as it was when last computed. */
  addGradient(parameters: readonly Parameter[]): number {
    if (this.#tasks === 0) return 0
    const known = parameters.filter((parameter) => this.#layers.has(parameter))
    if (known.length === 0)
      throw new PalimpsestError(
        'PENALTY_POWERLESS',
        `none of the parameters (${parameters.map(({ name }) => name).join(', ')}) was there at a consolidation: ` +
          'this penalty belongs to another model',
      )
    const anew = this.#step++ % this.refresh === 0
    if (anew) this.#penalty = 0
    for (const weight of known) {
      const layer = this.#layers.get(weight) as Layer
      const pull = this.#pulls.get(weight) ?? {
        weight: alignedFloats(weight.size),
        bias: alignedFloats(layer.bias.size),
      }
      this.#pulls.set(weight, pull)
      if (anew) this.#penalty += this.#pull(weight, layer, pull)
      native.add(weight.gradient, pull.weight, weight.gradient)
      native.add(layer.bias.gradient, pull.bias, layer.bias.gradient)
    }
    return this.#penalty
  }

  state(parameters: readonly Parameter[]): MethodState {
    const arrays: Record<string, Float32Array> = {}
    // since the pull was last computed: a new one needs nothing of the old
    const step = this.#step % this.refresh
    for (const parameter of parameters) {
      const layer = this.#layers.get(parameter)
      if (!layer) continue
      const pull = step > 0 ? this.#pulls.get(parameter) : undefined
      for (const [what, values] of savedOf(layer, pull)) arrays[`${parameter.name}/${what}`] = values.slice()
    }
    return { method: this.name, numbers: { tasks: this.#tasks, step, penalty: this.#penalty }, arrays }
  }

  restore(parameters: readonly Parameter[], state: MethodState): void {
    const { tasks, step, penalty } = numbersOf(state, this.name, ['tasks', 'step'], ['penalty'])
    const [layers, pulls] = [new Map<Parameter, Layer>(), new Map<Parameter, Pull>()]
    parameters.forEach((weight, index) => {
      const found = restored(state, weight, parameters[index + 1], step > 0)
      if (!found) return
      layers.set(weight, found.layer)
      if (found.pull) pulls.set(weight, found.pull)
    })
    if (tasks > 0 && layers.size === 0) throw unknown(this.name, parameters)
    this.#keep(layers, tasks)
    this.#pulls = pulls
    this.#step = step
    this.#penalty = penalty
  }

  #keep(layers: ReadonlyMap<Parameter, Layer>, tasks: number): void {
    this.#layers = layers
    this.#pulls = new Map()
    this.#tasks = tasks
    this.#step = 0
    this.#penalty = 0
  }

  /** pull = lambda G D A; returns half of tr(D^T pull) */
  #pull(weight: Parameter, layer: Layer, pull: Pull): number {
    const { bias, a, aBias, g, anchorWeight, anchorBias } = layer
    const [outputs, inputs] = [bias.size, weight.size / bias.size]
    const [d, da] = [this.#pool.take(weight.size), this.#pool.take(weight.size)]
    const [dBias, daBias] = [this.#pool.take(outputs), this.#pool.take(outputs)]
    native.subtract(weight.data, anchorWeight, d)
    native.subtract(bias.data, anchorBias, dBias)
    // [D d] times [[A a] [a^T 1]]
    native.matmulNN(outputs, inputs, inputs, d, a, null, da, false, false)
    native.matmulNN(outputs, inputs, 1, dBias, aBias, null, da, true, false)
    native.matmulNT(outputs, 1, inputs, d, aBias, null, daBias, false, false)
    native.add(daBias, dBias, daBias)
    native.matmulNN(outputs, inputs, outputs, g, da, null, pull.weight, false, false)
    native.matmulNN(outputs, 1, outputs, g, daBias, null, pull.bias, false, false)
    native.scale(pull.weight, this.lambda, pull.weight)
    native.scale(pull.bias, this.lambda, pull.bias)
    native.multiply(d, pull.weight, d)
    native.multiply(dBias, pull.bias, dBias)
    const twice = native.sum(d) + native.sum(dBias)
    for (const buffer of [d, da, dBias, daBias]) this.#pool.give(buffer)
    return twice / 2
  }
}

/** outputs of the network that no sample could have had, such as another task's head, stay free */
function damp(g: Float32Array, size: number, share: number, last: boolean): void {
  const trace = diagonalSum(g, size)
  for (let i = 0; i < size; i++) {
    const at = i * size + i
    if (!last || (g[at] as number) > 0) g[at] = (g[at] as number) + (share * trace) / size
  }
}

function check(factors: ReadonlyMap<Parameter, Factors>): void {
  const trace = [...factors.values()].reduce((sum, { g, bias }) => sum + diagonalSum(g, bias.size), 0)
  if (![...factors.values()].every(({ a, g }) => native.allFinite(a) && native.allFinite(g)))
    throw new PalimpsestError('NON_FINITE', 'the Kronecker factors are not finite: training has diverged')
  if (trace === 0)
    throw new PalimpsestError(
      'PENALTY_POWERLESS',
      'the Fisher is 0 everywhere, so the penalty would be 0: the model may be certain of every sample, or wholly silent',
    )
}

const diagonalSum = (g: Float32Array, size: number): number => {
  let sum = 0
  for (let i = 0; i < size; i++) sum += g[i * size + i] as number
  return sum
}
