import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import { checkSet } from '../continual/checks.ts'
import type { Method } from '../continual/method.ts'
import { batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import { answer } from '../nn/answer.ts'
import type { Classifier, Prediction } from '../nn/module.ts'
import { checkRows } from '../nn/rows.ts'
import { add } from '../ops/add.ts'
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { constant } from '../optim/schedule.ts'
import { type ReadOptions, readStored, writeAtomically } from '../persistence/file.ts'
import { encodeSafetensors, type Stored } from '../persistence/safetensors.ts'
import { Random } from '../tensor/random.ts'
import type { Matrix } from '../tensor/shape.ts'
import { checkpointOf, restoreCheckpoint } from './checkpoint.ts'
import { evaluate } from './evaluate.ts'
import type { ConsolidateOptions, Evaluation, FitEvent, FitOptions } from './events.ts'
import { checkSame, identityOf, type Progress } from './progress.ts'

/** What {@link Learner} takes besides a model. */
export interface LearnerOptions {
  /** changes the model's parameters */
  readonly optimizer: Optimizer
  /** what keeps old tasks; default null: nothing */
  readonly method?: Method | null
  /** of shuffling and of the samples that a consolidation draws; default: the model's */
  readonly seed?: number
}

// how long training may keep the event loop waiting, in milliseconds
const PATIENCE = 8

const BEGINNING = { step: 0, epoch: 1, done: 0, sum: 0, count: 0 } as const

/**
 * Trains a model on one task after another: `step` or `fit` on a set, `consolidate` it, then on to the next.
 * The loss is `mean cross-entropy + penalty`, with the penalty of the method.
 */
export class Learner {
  /** what learns */
  readonly model: Classifier
  /** what changes its parameters; a new learning rate holds from the next step on */
  readonly optimizer: Optimizer
  /** what keeps old tasks, or null */
  readonly method: Method | null
  readonly #tape = new Tape()
  #shuffling: Random
  #sampling: Random
  #progress: Progress | null = null
  #penalty: number | null = null

  /**
   * @param model - changed in place. @param options - an optimizer at least.
   * @throws PalimpsestError `INVALID_ARGUMENT` unless the seed is a whole number from 0 to 2^53 - 1
   */
  constructor(model: Classifier, { optimizer, method = null, seed = model.seed }: LearnerOptions) {
    this.model = model
    this.optimizer = optimizer
    this.method = method
    this.#shuffling = Random.from(seed, 'shuffle')
    this.#sampling = Random.from(seed, 'consolidation')
  }

  /** the penalty at the last step, before it changed the weights; null when there was none */
  get penalty(): number | null {
    return this.#penalty
  }

  /**
   * One step on one batch. Returns its mean cross-entropy before the change, in nats, without the penalty.
   * @param x [B, I] @param y [B], below the model's outputs
   * @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `LABEL_OUT_OF_RANGE`, `NON_FINITE` (x, or a loss that
   * diverged), `INVALID_ARGUMENT` (one row, with BatchNorm), `PENALTY_POWERLESS`, `PENALTY_UNSTABLE`: the model is then
   * as it was
   */
  step(x: Float32Array, y: Uint8Array): number {
    checkInput(x, this.model.inputs)
    if (!(y instanceof Uint8Array)) throw new PalimpsestError('DTYPE', 'step: y is not a Uint8Array')
    if (y.length * this.model.inputs !== x.length)
      throw new PalimpsestError('LENGTH', `step: ${y.length} labels for ${x.length / this.model.inputs} rows`)
    return this.#train(x, y, 1)
  }

  /**
   * Trains on a set for some epochs, in an order shuffled by the seed; gives the event loop its turn every 8 ms.
   * Nothing happens until the events are iterated, and leaving the loop ends the training.
   * @throws PalimpsestError as `step`, and `SHAPE`, `INVALID_ARGUMENT`; the signal's reason. The model is then as the
   * last step that was done left it
   */
  async *fit(set: LabelledSet, options: FitOptions = {}): AsyncGenerator<FitEvent, void, undefined> {
    const { batchSize = 100, schedule = constant, every = Infinity, signal, resume = false } = options
    checkSet(this.model, set)
    const held = resume ? this.#progress : null
    const shuffling = held ? Random.restore(held.order) : this.#shuffling
    const all = batches(set, { size: batchSize, shuffle: true, seed: shuffling, reuse: true })
    const { steps = (options.epochs ?? 1) * all.length } = options
    const { epochs = Math.ceil(steps / all.length) } = options.steps === undefined ? options : {}
    for (const [name, value] of Object.entries({ epochs: options.epochs ?? 1, steps, every }))
      if (!(value >= 1) || (Number.isFinite(value) && !Number.isInteger(value)))
        throw new PalimpsestError('INVALID_ARGUMENT', `fit: ${name} is ${value}, expected a whole number of at least 1`)
    const now: Progress = { ...BEGINNING, set: () => identityOf(set), batchSize, steps, order: shuffling.state }
    if (held) {
      checkSame(held, set, batchSize, steps)
      const { step, epoch, done, sum, count } = held
      Object.assign(now, { step, epoch, done, sum, count })
    }
    this.#shuffling = shuffling
    this.#progress = now
    let rested = performance.now()
    while (now.epoch <= epochs) {
      const { epoch } = now
      let batch = 0
      for (const { x, y } of all) {
        if (now.step === steps && batch === now.done) break
        signal?.throwIfAborted()
        if (performance.now() - rested > PATIENCE) {
          await new Promise<void>((next) => setImmediate(next))
          rested = performance.now()
        }
        // before the interruption
        if (batch++ < now.done) continue
        const loss = this.#train(x, y, schedule(now.step / steps))
        now.sum += loss * y.length
        now.count += y.length
        now.done++
        now.step++
        const { step } = now
        if (step % every === 0) yield { type: 'step', epoch, epochs, step, steps, loss, penalty: this.#penalty }
      }
      const { step, sum, count } = now
      Object.assign(now, { epoch: epoch + 1, done: 0, sum: 0, count: 0, order: shuffling.state })
      yield { type: 'epoch', epoch, epochs, step, steps, loss: sum / count, penalty: this.#penalty }
    }
    this.#progress = null
  }

  /**
   * Tells the method that the task of this set has been learnt. Without a method it does nothing.
   * @param set - what was learnt. @param options - how much of it to look at.
   * @throws PalimpsestError `SHAPE`, `LABEL_OUT_OF_RANGE`, `INVALID_ARGUMENT`, and what the method throws
   */
  consolidate(set: LabelledSet, { batchSize = 100, batches: count }: ConsolidateOptions = {}): void {
    checkSet(this.model, set)
    for (const [name, value] of Object.entries({ batchSize, batches: count ?? 1 }))
      if (!Number.isInteger(value) || value < 1)
        throw new PalimpsestError(
          'INVALID_ARGUMENT',
          `consolidate: ${name} is ${value}, expected a whole number of at least 1`,
        )
    this.method?.consolidate({ model: this.model, set, batchSize, batches: count ?? null, random: this.#sampling })
  }

  /** Accuracy and loss on a set, in evaluation mode. @throws PalimpsestError `SHAPE`, `LABEL_OUT_OF_RANGE`, `NON_FINITE` */
  evaluate(set: LabelledSet): Evaluation {
    checkSet(this.model, set)
    return evaluate(this.model, this.#tape, set)
  }

  /** Classes of rows x [B, I], in evaluation mode. @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `NON_FINITE` */
  predict(x: Float32Array): Prediction {
    if (this.model.predict) return this.model.predict(x)
    checkInput(x, this.model.inputs)
    return answer(this.model, this.#tape, x)
  }

  /**
   * All that learning goes on from, in copies: weights, running statistics, the optimizer, the method, both generators, and
   * how far a `fit` has come. docs/saving.md has the names.
   * @throws PalimpsestError `UNSUPPORTED` when the optimizer or the method has no state, `INVALID_ARGUMENT` when two
   * parameters have one name
   */
  state(): Stored {
    const [shuffling, sampling] = [this.#shuffling.state, this.#sampling.state]
    return checkpointOf(this, { shuffling, sampling, penalty: this.#penalty, progress: this.#progress })
  }

  /**
   * Goes on from a state instead of what was learnt here: bit for bit as the learner that told it. Not while a fit runs.
   * @param stored - of a learner with the same network, optimizer, method and options; the learning rate is the state's.
   * @throws PalimpsestError `STATE_MISMATCH` for anything else, naming both; `STATE_VERSION`, `STATE_MALFORMED`,
   * `UNSUPPORTED`; nothing has changed then
   */
  restore(stored: Stored): void {
    const { shuffling, sampling, penalty, progress } = restoreCheckpoint(stored, this)
    this.#shuffling = Random.restore(shuffling)
    this.#sampling = Random.restore(sampling)
    this.#penalty = penalty
    this.#progress = progress
  }

  /**
   * Saves `state()` as it is at the call, in the safetensors format; training may go on meanwhile. The file is replaced
   * atomically, and durable when the promise is fulfilled: see {@link writeAtomically}.
   * @throws PalimpsestError as `state`; what the file system says
   */
  async save(path: string): Promise<void> {
    await writeAtomically(path, encodeSafetensors(this.state()))
  }

  /** `restore` of a file that `save` wrote. @throws PalimpsestError as `restore`, and `STATE_MISSING` */
  async load(path: string, options: ReadOptions = {}): Promise<void> {
    this.restore(await readStored(path, options))
  }

  #train(x: Float32Array, y: Uint8Array, rate: number): number {
    const { model, method } = this
    const parameters = model.parameters()
    const quadratic = method?.quadratic?.(parameters) ?? null
    return this.#tape.step((tape) => {
      const input = tape.input<Matrix>(x, [y.length, model.inputs])
      const logits = model.forward(input, 'training')
      const loss = softmaxCrossEntropy(logits, y)
      const term = method?.lossTerm?.({ model, x: input, y, logits }, tape) ?? null
      const total = term ? add(loss, term) : loss
      if (!Number.isFinite(total.item()))
        throw new PalimpsestError(
          'NON_FINITE',
          `the loss is ${total.item()}: training has diverged; take a smaller learning rate`,
        )
      tape.backward(total, parameters)
      const own = method?.addGradient?.(parameters) ?? null
      const pull = this.optimizer.step(parameters, { rate, quadratic })
      this.#penalty = quadratic || own !== null || term ? pull + (own ?? 0) + (term?.item() ?? 0) : null
      return loss.item()
    })
  }
}

/** x as whole rows of finite numbers */
function checkInput(x: Float32Array, inputs: number): void {
  checkRows(x, inputs)
  if (!native.allFinite(x)) throw new PalimpsestError('NON_FINITE', 'x holds NaN or infinity')
}
