import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import type { Classifier } from '../nn/module.ts'
import { add } from '../ops/add.ts'
import { columns } from '../ops/columns.ts'
import { logSoftmax } from '../ops/log-softmax.ts'
import { mul } from '../ops/mul.ts'
import { scale } from '../ops/scale.ts'
import { sum } from '../ops/sum.ts'
import { within } from '../optim/optimizer.ts'
import { savedOf } from '../optim/state.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Matrix, Scalar } from '../tensor/shape.ts'
import { storageOf, type Tensor } from '../tensor/tensor.ts'
import { numbersOf } from './anchors.ts'
import { flatOf, headOf, holds, type Range, rangesOf, statisticsOf } from './head.ts'
import type { Method, MethodState, StepBatch, Task } from './method.ts'

/** What {@link Lwf} takes. */
export interface LwfOptions {
  /** weight of the distillation, 0 or more; default 1, as in the paper */
  readonly lambda?: number
  /** T, more than 0; default 2, as in the paper */
  readonly temperature?: number
}

/** the model as it stood at the last consolidation */
interface Teacher {
  readonly weights: ReadonlyMap<Parameter, Float32Array>
  /** running statistics of BatchNorm, layer by layer */
  readonly statistics: readonly Float32Array[]
  readonly heads: readonly Range[]
}

/**
 * Learning without Forgetting (Li and Hoiem 2016, arXiv:1606.09282, equations 2 to 4, by the distillation of Hinton et al.
 * 2015, arXiv:1503.02531, section 2.1): on the new task's own images the model is to answer as it did before,
 * `L = mean cross-entropy + lambda T^2 mean over b of sum over c of -q_c log p_c`, q = softmax(old logits / T),
 * p = softmax(new logits / T), over the classes that the old model had. The term is least, but not 0, where p = q; its
 * gradient there is 0. The old model is in evaluation mode.
 *
 * Of a `Heads` the range in use at each consolidation is kept: heads that lie apart each have a sum of their own, as the
 * paper adds up old tasks, which costs a second forward pass; one that grew counts once, over the classes it had last. The old running statistics of
 * BatchNorm are known for an `Mlp`; another model's must be parameters.
 */
export class Lwf implements Method {
  readonly name = 'lwf'
  readonly storesSamples = false
  /** see {@link LwfOptions.lambda} */
  readonly lambda: number
  /** T */
  readonly temperature: number
  readonly #tape = new Tape()
  readonly #held = new WeakMap<Float32Array, Float32Array>()
  #teacher: Teacher | null = null
  #tasks = 0

  /** @param options - all may be left out. @throws PalimpsestError `INVALID_ARGUMENT` for a negative lambda, a temperature of 0 or less */
  constructor({ lambda = 1, temperature = 2 }: LwfOptions = {}) {
    this.lambda = within('lambda', lambda, 0, Infinity)
    this.temperature = within('temperature', temperature, 2 ** -100, 2 ** 60)
  }

  /** how many tasks were consolidated */
  get tasks(): number {
    return this.#tasks
  }

  /** @throws PalimpsestError `PENALTY_POWERLESS` when it knows none of the parameters, `SHAPE` for another model */
  lossTerm({ model, x, logits }: StepBatch, tape: Tape): Tensor<Scalar> | null {
    const teacher = this.#teacher
    if (!teacher) return null
    const { whole, from, to } = headOf(model)
    checkFits(whole, teacher)
    const old = tape.scratch(x.shape[0] * whole.outputs)
    this.#answer(whole, teacher, x, old)
    const shown = teacher.heads.every((head) => holds({ from, to }, head))
    const now = shown ? logits : whole.forward(x, 'training')
    const first = shown ? from : 0
    const terms = teacher.heads.map((head) =>
      this.#distil(shift(head, -first), now, softened(old, whole.outputs, head, this.temperature, tape), tape),
    )
    return terms.reduce((total, term) => add(total, term))
  }

  /** Keeps a copy of the model. @throws PalimpsestError `NON_FINITE` */
  consolidate({ model }: Task): void {
    const { whole, from, to } = headOf(model)
    const parameters = whole.parameters()
    for (const { name, data } of parameters) checkFinite(name, data)
    this.#teacher = {
      weights: new Map(parameters.map((parameter) => [parameter, parameter.data.slice()])),
      statistics: statisticsOf(whole).map((array) => array.slice()),
      heads: withHead(this.#teacher?.heads ?? [], { from, to }),
    }
    this.#tasks++
  }

  state(parameters: readonly Parameter[]): MethodState {
    const { weights, statistics = [], heads = [] } = this.#teacher ?? {}
    const kept = parameters.flatMap((parameter) => {
      const old = weights?.get(parameter)
      return old ? [[`${parameter.name}/old`, old.slice()] as const] : []
    })
    const rest = statistics.map((array, i) => [`statistics/${i}`, array.slice()] as const)
    return {
      method: this.name,
      numbers: { tasks: this.#tasks },
      arrays: { heads: flatOf(heads), ...Object.fromEntries([...kept, ...rest]) },
    }
  }

  restore(parameters: readonly Parameter[], state: MethodState, model?: Classifier): void {
    const { tasks } = numbersOf(state, this.name, ['tasks'])
    const weights = new Map<Parameter, Float32Array>()
    for (const parameter of parameters) {
      const old = savedOf(state, parameter, 'old')
      if (!old) continue
      checkFinite(`${parameter.name}/old`, old)
      const copy = parameter.data.slice()
      copy.set(old)
      weights.set(parameter, copy)
    }
    const statistics: Float32Array[] = []
    for (let i = 0; state.arrays[`statistics/${i}`] instanceof Float32Array; i++) {
      const array = state.arrays[`statistics/${i}`] as Float32Array
      checkFinite(`statistics/${i}`, array)
      statistics.push(array.slice())
    }
    const heads = rangesOf(state.arrays.heads, this.name)
    if (tasks > 0 && (weights.size === 0 || heads.length === 0))
      throw new PalimpsestError('INVALID_ARGUMENT', 'the state of lwf has no weights of these parameters, or no heads')
    const teacher = tasks > 0 ? { weights, statistics, heads } : null
    if (model && teacher) checkFits(headOf(model).whole, teacher)
    this.#teacher = teacher
    this.#tasks = tasks
  }

  /** out = the old model's logits of x */
  #answer(whole: Classifier, teacher: Teacher, x: Tensor<Matrix>, out: Float32Array): void {
    const pairs = pairsOf(whole, teacher)
    for (const [array] of pairs) {
      const held = this.#held.get(array) ?? array.slice()
      held.set(array)
      this.#held.set(array, held)
    }
    try {
      for (const [array, old] of pairs) array.set(old)
      this.#tape.step((tape) => {
        out.set(storageOf(whole.forward(tape.input(storageOf(x), x.shape), 'evaluation')))
      })
    } finally {
      for (const [array] of pairs) array.set(this.#held.get(array) as Float32Array)
    }
  }

  #distil({ from, to }: Range, logits: Tensor<Matrix>, q: Float32Array, tape: Tape): Tensor<Scalar> {
    const [batch, classes] = logits.shape
    const shown = to - from === classes ? logits : columns(logits, from, to)
    const logP = logSoftmax(scale(shown, 1 / this.temperature))
    const weight = (-this.lambda * this.temperature * this.temperature) / batch
    return scale(sum(mul(logP, tape.input(q, [batch, to - from]))), weight)
  }
}

const shift = ({ from, to }: Range, by: number): Range => ({ from: from + by, to: to + by })

/** softmax(logits / T) over some of the classes */
function softened(logits: Float32Array, classes: number, { from, to }: Range, t: number, tape: Tape): Float32Array {
  const [batch, width] = [logits.length / classes, to - from]
  const [cooled, q] = [tape.scratch(batch * width), tape.scratch(batch * width)]
  for (let row = 0; row < batch; row++)
    cooled.set(logits.subarray(row * classes + from, row * classes + to), row * width)
  native.scale(cooled, 1 / t, cooled)
  native.softmax(batch, width, cooled, q)
  return q
}

/** what the model has now, beside what it had */
function pairsOf(whole: Classifier, { weights, statistics }: Teacher): (readonly [Float32Array, Float32Array])[] {
  const parameters = whole.parameters()
  const known = parameters.flatMap((parameter) => {
    const old = weights.get(parameter)
    return old ? [[parameter.data, old] as const] : []
  })
  if (known.length === 0)
    throw new PalimpsestError(
      'PENALTY_POWERLESS',
      `none of the parameters (${parameters.map(({ name }) => name).join(', ')}) was there at a consolidation`,
    )
  return [...known, ...statisticsOf(whole).map((array, i) => [array, statistics[i] as Float32Array] as const)]
}

/** @throws PalimpsestError `SHAPE` */
function checkFits(whole: Classifier, { heads, statistics }: Teacher): void {
  const beyond = heads.find(({ to }) => to > whole.outputs)
  if (beyond)
    throw new PalimpsestError('SHAPE', `lwf knows a head up to output ${beyond.to}, the model has ${whole.outputs}`)
  const live = statisticsOf(whole)
  if (live.length !== statistics.length || live.some(({ length }, i) => length !== statistics[i]?.length))
    throw new PalimpsestError('SHAPE', 'the model has not the BatchNorm layers that it had at the last consolidation')
}

/** @throws PalimpsestError `NON_FINITE` */
function checkFinite(name: string, values: Float32Array): void {
  if (!native.allFinite(values)) throw new PalimpsestError('NON_FINITE', `${name} holds NaN or infinity`)
}

/** a range that others hold adds nothing; those that it holds are the same head before it grew */
const withHead = (heads: readonly Range[], head: Range): readonly Range[] =>
  heads.some((old) => holds(old, head)) ? heads : [...heads.filter((old) => !holds(head, old)), head]
