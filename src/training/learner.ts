import { PalimpsestError } from '../../bindings/errors.ts'
import { Tape } from '../autograd/tape.ts'
import { checkSet } from '../continual/checks.ts'
import type { Method } from '../continual/method.ts'
import type { LabelledSet } from '../data/set.ts'
import { answer } from '../nn/answer.ts'
import type { Classifier, Prediction } from '../nn/module.ts'
import { checkFiniteRows } from '../nn/rows.ts'
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
import type { ConsolidateOptions, Evaluation, FitEvent, FitOptions, LearnerOptions } from './events.ts'
import { checkWholes, planOf, turns } from './plan.ts'
import { advance, type Progress } from './progress.ts'
import { SeenOutputs } from './seen-outputs.ts'

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
  readonly #seen = new SeenOutputs()
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
    checkFiniteRows(x, this.model.inputs)
    if (!(y instanceof Uint8Array)) throw new PalimpsestError('DTYPE', 'step: y is not a Uint8Array')
    if (y.length * this.model.inputs !== x.length)
      throw new PalimpsestError('LENGTH', `step: ${y.length} labels for ${x.length / this.model.inputs} rows`)
    return this.#train(x, y, 1)
  }

  /**
   * Trains on a set for some epochs, in an order shuffled by the seed; gives the event loop its turn every 8 ms.
   * Nothing happens until the events are iterated, and leaving the loop ends the training. A process warning with the code
   * PENALTY_CLASS_INCREMENTAL says, once, that all labels are new since the consolidations here, and share their head with
   * the old ones, while the method is a penalty on weights alone: that does not tell new classes from old ones.
   * @throws PalimpsestError as `step`, and `SHAPE`, `INVALID_ARGUMENT`; the signal's reason. The model is then as the
   * last step that was done left it
   */
  async *fit(set: LabelledSet, options: FitOptions = {}): AsyncGenerator<FitEvent, void, undefined> {
    const { schedule = constant, signal, resume = false } = options
    checkSet(this.model, set)
    const plan = planOf(set, options, this.#shuffling, resume ? this.#progress : null)
    this.#seen.check(this.model, set, this.method)
    const { all, epochs, steps, every, shuffling, now } = plan
    this.#shuffling = shuffling
    this.#progress = now
    const turn = turns()
    while (now.epoch <= epochs) {
      const { epoch } = now
      let batch = 0
      for (const { x, y } of all) {
        if (now.step === steps && batch === now.done) break
        const waiting = turn()
        if (waiting) await waiting
        signal?.throwIfAborted()
        // before the interruption
        if (batch++ < now.done) continue
        const loss = this.#train(x, y, schedule(now.step / steps))
        advance(now, loss, y.length)
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
    checkWholes('consolidate', { batchSize, batches: count ?? 1 })
    this.method?.consolidate({ model: this.model, set, batchSize, batches: count ?? null, random: this.#sampling })
    this.#seen.add(this.model, set)
  }

  /** Accuracy and loss on a set, in evaluation mode. @throws PalimpsestError `SHAPE`, `LABEL_OUT_OF_RANGE`, `NON_FINITE` */
  evaluate(set: LabelledSet): Evaluation {
    checkSet(this.model, set)
    return evaluate(this.model, this.#tape, set)
  }

  /** Classes of rows x [B, I], in evaluation mode. @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `NON_FINITE` */
  predict(x: Float32Array): Prediction {
    if (this.model.predict) return this.model.predict(x)
    checkFiniteRows(x, this.model.inputs)
    return answer(this.model, this.#tape, x)
  }

  /**
   * All that learning goes on from, in copies, also in the middle of a `fit`. docs/saving.md has the names.
   * @throws PalimpsestError `UNSUPPORTED` when optimizer or method has no state, `INVALID_ARGUMENT` for equal names
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
