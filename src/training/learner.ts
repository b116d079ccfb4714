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
import { Random } from '../tensor/random.ts'
import type { Matrix } from '../tensor/shape.ts'
import { evaluate } from './evaluate.ts'
import type { ConsolidateOptions, Evaluation, FitEvent, FitOptions } from './events.ts'

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
  readonly #shuffling: Random
  readonly #sampling: Random
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
    const { batchSize = 100, schedule = constant, every = Infinity, signal } = options
    checkSet(this.model, set)
    const all = batches(set, { size: batchSize, shuffle: true, seed: this.#shuffling, reuse: true })
    const { steps = (options.epochs ?? 1) * all.length } = options
    const { epochs = Math.ceil(steps / all.length) } = options.steps === undefined ? options : {}
    for (const [name, value] of Object.entries({ epochs: options.epochs ?? 1, steps, every }))
      if (!(value >= 1) || (Number.isFinite(value) && !Number.isInteger(value)))
        throw new PalimpsestError('INVALID_ARGUMENT', `fit: ${name} is ${value}, expected a whole number of at least 1`)
    let step = 0
    let rested = performance.now()
    for (let epoch = 1; epoch <= epochs; epoch++) {
      let [sum, count] = [0, 0]
      for (const { x, y } of all) {
        signal?.throwIfAborted()
        const loss = this.#train(x, y, schedule(step / steps))
        sum += loss * y.length
        count += y.length
        step++
        if (step % every === 0) yield { type: 'step', epoch, epochs, step, steps, loss, penalty: this.#penalty }
        if (performance.now() - rested > PATIENCE) {
          await new Promise<void>((resume) => setImmediate(resume))
          rested = performance.now()
        }
        if (step === steps) break
      }
      yield { type: 'epoch', epoch, epochs, step, steps, loss: sum / count, penalty: this.#penalty }
    }
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
