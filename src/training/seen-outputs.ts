import { headOf } from '../continual/head.ts'
import type { Method } from '../continual/method.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'

/**
 * Which outputs of a model the consolidated tasks had samples of, in order to say when a penalty on weights is asked for
 * what it cannot do: to tell new classes from old ones that no batch ever held together.
 */
export class SeenOutputs {
  readonly #seen = new Set<number>()
  #warned = false

  /** A task of this set was consolidated. */
  add(model: Classifier, { labels }: LabelledSet): void {
    const { from } = headOf(model)
    for (const label of labels) this.#seen.add(from + label)
  }

  /**
   * Of a set that is about to be learnt: a process warning with the code PENALTY_CLASS_INCREMENTAL, once, when all its
   * labels are new, old outputs are shown beside theirs, and the method has nothing but a penalty on weights.
   */
  check(model: Classifier, { name, labels }: LabelledSet, method: Method | null): void {
    if (this.#warned || !method || method.lossTerm || !(method.quadratic || method.addGradient)) return
    const { from, to } = headOf(model)
    if (![...this.#seen].some((output) => from <= output && output < to)) return
    if (labels.some((label) => this.#seen.has(from + label))) return
    this.#warned = true
    process.emitWarning(
      `no label of ${name} was there at a consolidation, and ${method.name} is a penalty on weights: it keeps old classes apart from each other, but does not learn to tell them from these; see docs/methods.md`,
      { type: 'PalimpsestWarning', code: 'PENALTY_CLASS_INCREMENTAL' },
    )
  }
}
