import { native } from '../../bindings/native.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'
import { type Quadratic, within } from '../optim/optimizer.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'
import { storageOf } from '../tensor/tensor.ts'
import { Anchors } from './anchors.ts'
import { samplesOf } from './ewc.ts'
import { type Diagonal, meanOverSamples } from './fisher.ts'
import type { Method, MethodState, Task } from './method.ts'

/** What {@link Mas} takes. */
export interface MasOptions {
  /**
   * weight of the penalty, 0 or more; twice that of the paper, whose penalty has no half; default 0.01, which was best on
   * MNIST then Fashion-MNIST
   */
  readonly lambda?: number
}

/**
 * Memory Aware Synapses (Aljundi et al. 2018, arXiv:1711.09601, equations 2 to 4): while a new task is learnt,
 * `L = mean cross-entropy + (lambda / 2) sum Omega (theta - theta_latest)^2`, Omega the sum over the old tasks of
 * {@link sensitivityDiagonal}. It asks what the outputs depend on, not the loss: labels are not used.
 */
export class Mas implements Method {
  readonly name = 'mas'
  readonly storesSamples = false
  /** see {@link MasOptions.lambda} */
  readonly lambda: number
  readonly #anchors = new Anchors(this.name)

  /** @param options - all have defaults. @throws PalimpsestError `INVALID_ARGUMENT` for a negative lambda */
  constructor({ lambda = 0.01 }: MasOptions = {}) {
    this.lambda = within('lambda', lambda, 0, Infinity)
  }

  /** how many tasks the penalty protects */
  get tasks(): number {
    return this.#anchors.tasks
  }

  /** @throws PalimpsestError `PENALTY_POWERLESS` when Omega is 0 everywhere, `NON_FINITE`, and as {@link sensitivityDiagonal} */
  consolidate(task: Task): void {
    this.#anchors.add(
      sensitivityDiagonal(task.model, task.set, { samples: samplesOf(task), random: task.random }),
      'online',
    )
  }

  quadratic(parameters: readonly Parameter[]): Quadratic | null {
    return this.#anchors.quadratic(parameters, this.lambda)
  }

  /** The penalty's value now, in nats; null before the first consolidation. @throws as {@link quadratic} */
  penalty(parameters: readonly Parameter[]): number | null {
    return this.#anchors.penalty(parameters, this.lambda)
  }

  state(parameters: readonly Parameter[]): MethodState {
    return this.#anchors.state(parameters)
  }

  restore(parameters: readonly Parameter[], state: MethodState): void {
    this.#anchors.restore(parameters, state)
  }
}

/**
 * How much the outputs depend on each weight: the mean over samples of |d ||F(x)||^2 / d theta|, with F(x) the logits,
 * for every parameter, BatchNorm in evaluation mode. This is the paper's global version with the absolute value taken
 * sample by sample, as its equation 2 has it, not of the mean over a batch, as published code often does. One backward
 * sweep: |d_o x_i| = |d_o| |x_i|.
 * @param model - its parameters are only read. @param set - its features are the model's inputs; its labels are not used.
 * @param options - how many samples, drawn without replacement; all of the set, in order, unless it has more.
 * @throws PalimpsestError `NO_SQUARED_GRADIENT`, `PARAMETER_REUSED`, `SHAPE`, `LABEL_OUT_OF_RANGE`, `INVALID_ARGUMENT`
 */
export function sensitivityDiagonal(
  model: Classifier,
  set: LabelledSet,
  options: { readonly samples?: number; readonly random: Random },
): Diagonal {
  return meanOverSamples(model, set, options, 'magnitudes', (logits, _, tape) => {
    const seed = tape.scratch(logits.size)
    native.scale(storageOf(logits), 2, seed)
    return [seed]
  })
}
