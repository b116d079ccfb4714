import { PalimpsestError } from '../../bindings/errors.ts'
import { Analytic } from '../continual/analytic.ts'
import type { PredictorLayer } from '../nn/predictor.ts'
import type { Answering, ModelState, ServedModel } from './model.ts'
import type { Settings } from './settings.ts'

/** Running sums: nothing is trained, so nothing has to be protected. */
export class AnalyticModel implements ServedModel {
  readonly live = false
  readonly #analytic: Analytic

  constructor({ inputs, model }: Settings) {
    if (model.kind !== 'analytic') throw new TypeError('no settings of an analytic model')
    const { features, head, ridge, seed, removable } = model
    this.#analytic = new Analytic({ inputs, features, head, ridge, seed, removable })
  }

  get bytes(): number {
    return this.#analytic.bytes
  }

  get hidden(): readonly PredictorLayer[] {
    return this.#analytic.hidden
  }

  learn(x: Float32Array, labels: readonly number[]): void {
    this.#analytic.learn(x, labels)
  }

  consolidate(): void {}

  forget(x: Float32Array, labels: readonly number[]): void {
    this.#analytic.forget(x, labels)
  }

  removeClass(label: number): void {
    if (!this.#analytic.removable)
      throw new PalimpsestError(
        'UNSUPPORTED',
        'removeClass would leave the scatter of the class: make the classifier with removable true, or forget its samples',
      )
    this.#analytic.removeClass(label)
  }

  has(label: number): boolean {
    return this.#analytic.countOf(label) > 0
  }

  layers(): Answering {
    return { layers: this.#layers(), columns: this.#analytic.classes }
  }

  estimatedRise(): null {
    return null
  }

  state(): ModelState {
    return this.#analytic.state()
  }

  restore(state: ModelState): void {
    this.#analytic.restore({ ...state, method: this.#analytic.name })
  }

  /** where the matrix is singular, as of rows that are all 0, what more and more ridge comes to: the classes' shares */
  #layers(): readonly PredictorLayer[] {
    try {
      return this.#analytic.layers()
    } catch (error) {
      if (!(error instanceof PalimpsestError && error.code === 'NOT_POSITIVE_DEFINITE')) throw error
      const { classes, samples, inputs } = this.#analytic
      const bias = Float32Array.from(classes, (label) => this.#analytic.countOf(label) / samples)
      return [{ weight: new Float32Array(classes.length * inputs), bias, norm: [] }]
    }
  }
}
