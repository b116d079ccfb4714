import { PalimpsestError } from '../../bindings/errors.ts'
import type { Tape } from '../autograd/tape.ts'
import { gatherRows } from '../data/batches.ts'
import type { Classifier } from '../nn/module.ts'
import { add } from '../ops/add.ts'
import { logSoftmax } from '../ops/log-softmax.ts'
import { mul } from '../ops/mul.ts'
import { scale } from '../ops/scale.ts'
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts'
import { sum } from '../ops/sum.ts'
import { type Quadratic, within } from '../optim/optimizer.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { Random, type RandomState } from '../tensor/random.ts'
import type { Matrix, Scalar } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { numbersOf } from './anchors.ts'
import { type Buffer, bufferOf, bufferState, type Selection, withTask } from './buffer.ts'
import { oneOf } from './checks.ts'
import { headOf, holds, type Range, statisticsOf } from './head.ts'
import type { Method, MethodState, StepBatch, Task } from './method.ts'

/** What {@link Replay} takes. */
export interface ReplayOptions {
  /** rows that are kept, of all tasks together */
  readonly samples: number
  /** weight of the replayed rows' mean cross-entropy, 0 or more; default 1 */
  readonly weight?: number
  /** rows that are replayed a step; default as many as the step's own */
  readonly batchSize?: number
  /**
   * - `balanced` (default): the same number of each class of each task, as far as they go;
   * - `reservoir`: every row of any task is kept with the same probability (Vitter 1985, algorithm R).
   */
  readonly selection?: Selection
  /** draws what is kept and what is replayed; default 0 */
  readonly seed?: number
  /** whose hooks take part as well; default none */
  readonly method?: Method
}

/**
 * Experience replay (Robins 1995; Chaudhry et al. 2019, arXiv:1902.10486): keeps some rows of old tasks, and adds
 * `weight * mean cross-entropy` of some of them, drawn with replacement, to the loss of each step. Alone, or with any other
 * method. This is what methods that keep no data are measured against.
 *
 * Of a `Heads`, a row answers to the outputs that its task was learnt with, or to those that are shown now if they hold
 * these. BatchNorm normalises the replayed rows by themselves; the running statistics of an `Mlp` take both batches, each by
 * its share of the rows.
 */
export class Replay implements Method {
  readonly name: string
  readonly storesSamples = true
  /** see {@link ReplayOptions.samples}; the others likewise */
  readonly samples: number
  /** of the term */
  readonly weight: number
  /** null: the step's own */
  readonly batchSize: number | null
  /** which rows are kept */
  readonly selection: Selection
  /** that takes part as well */
  readonly method: Method | null
  /** the other method's, where it has one */
  readonly addGradient?: (parameters: readonly Parameter[]) => number
  /** the other method's, where it has one */
  readonly quadratic?: (parameters: readonly Parameter[]) => Quadratic | null
  #random: Random
  #buffer: Buffer | null = null

  /** @param options - samples at least. @throws PalimpsestError `INVALID_ARGUMENT` */
  constructor({ samples, weight = 1, batchSize, selection = 'balanced', seed = 0, method }: ReplayOptions) {
    for (const [name, value] of Object.entries({ samples, batchSize: batchSize ?? 1 }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new PalimpsestError('INVALID_ARGUMENT', `${name} is ${value}, expected a whole number of at least 1`)
    this.name = method ? `replay+${method.name}` : 'replay'
    this.samples = samples
    this.weight = within('weight', weight, 0, Infinity)
    this.batchSize = batchSize ?? null
    this.selection = oneOf('selection', selection, ['balanced', 'reservoir'])
    this.method = method ?? null
    this.#random = Random.from(seed, 'replay')
    if (method?.addGradient) this.addGradient = (parameters) => method.addGradient?.(parameters) ?? 0
    if (method?.quadratic) this.quadratic = (parameters) => method.quadratic?.(parameters) ?? null
  }

  /** how many rows it keeps */
  get count(): number {
    return this.#buffer?.labels.length ?? 0
  }

  /** @throws PalimpsestError `SHAPE` for a model of other inputs; what the other method throws */
  lossTerm(batch: StepBatch, tape: Tape): Tensor<Scalar> | null {
    const other = this.method?.lossTerm?.(batch, tape) ?? null
    const own = this.#buffer && this.#replay(this.#buffer, batch, tape)
    return own && other ? add(other, own) : (own ?? other)
  }

  /** Keeps rows of the task's set. @throws PalimpsestError `SHAPE` for other features; what the other method throws */
  consolidate(task: Task): void {
    const random = Random.restore(this.#random.state)
    const buffer = withTask(this.#buffer, task, this.selection, this.samples, random)
    this.method?.consolidate(task)
    this.#buffer = buffer
    this.#random = random
  }

  /** as {@link Method.state}, the other method's under `other/`. @throws PalimpsestError `INVALID_ARGUMENT` when that has none */
  state(parameters: readonly Parameter[]): MethodState {
    const own = this.#buffer ? bufferState(this.#buffer) : { numbers: {}, arrays: {} }
    const { method = '', numbers = {}, arrays = {} } = this.#other()?.state?.(parameters) ?? {}
    return {
      method: method ? `replay+${method}` : 'replay',
      numbers: { ...own.numbers, ...prefixed(numbers) },
      arrays: { ...own.arrays, random: Float64Array.from(this.#random.state), ...prefixed(arrays) },
    }
  }

  /** as {@link Method.restore} */
  restore(parameters: readonly Parameter[], state: MethodState, model?: Classifier): void {
    numbersOf(state, this.name, [])
    const buffer = state.arrays.labels === undefined ? null : bufferOf(state, this.samples)
    const random = Random.restore([...((state.arrays.random as Float64Array) ?? [])] as unknown as RandomState)
    const other = this.#other()
    if (other)
      other.restore?.(
        parameters,
        { method: other.name, numbers: unprefixed(state.numbers), arrays: unprefixed(state.arrays) },
        model,
      )
    this.#buffer = buffer
    this.#random = random
  }

  #other(): Method | null {
    if (this.method && !(this.method.state && this.method.restore))
      throw new PalimpsestError('INVALID_ARGUMENT', `${this.method.name} has no state`)
    return this.method
  }

  #replay(buffer: Buffer, { model, y }: StepBatch, tape: Tape): Tensor<Scalar> {
    const { whole, from, to } = headOf(model)
    if (whole.inputs !== buffer.features)
      throw new PalimpsestError(
        'SHAPE',
        `the buffer's rows have ${buffer.features} features, the model ${whole.inputs}`,
      )
    const size = this.batchSize ?? y.length
    const rows = Uint32Array.from({ length: size }, () => this.#random.below(buffer.labels.length))
    const x = tape.scratch(size * buffer.features)
    gatherRows(buffer.inputs, buffer.features, rows, x)
    const logits = answered(whole, tape.input(x, [size, buffer.features]), size / (size + y.length), tape)
    const labels = Uint8Array.from(rows, (row) => buffer.labels[row] as number)
    const heads = Array.from(rows, (row) => {
      const old = buffer.heads[buffer.tasks[row] as number] as Range
      // a head that grew since begins where it did
      return holds({ from, to }, old) && old.from === from ? { from, to } : old
    })
    const wide = heads.every((head) => head.from === 0 && head.to === whole.outputs)
    return scale(
      wide ? softmaxCrossEntropy(logits, labels) : crossEntropyWithin(heads, logits, labels, tape),
      this.weight,
    )
  }
}

/** Logits in training mode. Of running statistics each pass keeps its own: they become the mean of this one's and those before. */
function answered(whole: Classifier, x: Tensor<Matrix>, share: number, tape: Tape): Tensor<Matrix> {
  const statistics = statisticsOf(whole)
  let first: Float32Array[] = []
  tape.afterwards(() => {
    first = statistics.map((array) => array.slice())
  })
  const logits = whole.forward(x, 'training')
  tape.afterwards(() => {
    statistics.forEach((array, layer) => {
      const before = first[layer] as Float32Array
      array.set(array.map((now, i) => (before[i] as number) + share * (now - (before[i] as number))))
    })
  })
  return logits
}

// far below any logit, so that its exponential is 0; times 0 it is 0
const NEVER = -1e30

/** mean cross-entropy of labels that count from where each row's head begins, over that head alone */
function crossEntropyWithin(
  heads: readonly Range[],
  logits: Tensor<Matrix>,
  labels: Uint8Array,
  tape: Tape,
): Tensor<Scalar> {
  const [batch, classes] = logits.shape
  const [mask, target] = [tape.scratch(logits.size).fill(NEVER), tape.scratch(logits.size).fill(0)]
  heads.forEach(({ from, to }, row) => {
    mask.fill(0, row * classes + from, row * classes + to)
    target[row * classes + from + (labels[row] as number)] = -1 / batch
  })
  const logP = logSoftmax(add(logits, tape.input(mask, logits.shape)))
  return sum(mul(logP, tape.input(target, logits.shape)))
}

const prefixed = <T>(fields: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`other/${name}`, value]))

const unprefixed = <T>(fields: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (name.startsWith('other/') ? [[name.slice(6), value]] : [])),
  )
