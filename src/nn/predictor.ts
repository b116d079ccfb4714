import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { EPSILON } from './batch-norm.ts'
import type { Prediction } from './module.ts'
import { checkRows } from './rows.ts'

/** One linear layer as the native call takes it, with the BatchNorm after it. */
export interface PredictorLayer {
  /** [O, I] */
  readonly weight: Float32Array
  /** [O] */
  readonly bias: Float32Array
  /** gamma, beta, running mean and running variance, [O] each, after every layer but the last; or empty in all */
  readonly norm: readonly Float32Array[]
}

// rows at a time: so few that what passes between two layers stays in the cache; results do not depend on it
const ROWS = 128

/**
 * Answers for rows of numbers in evaluation mode, in one native call, with the bits of the model's forward pass.
 * `Mlp.freeze` makes one that keeps a copy of the weights, packed for this, which later training does not touch.
 */
export class Predictor {
  /** I, numbers a row */
  readonly inputs: number
  /** C, classes */
  readonly outputs: number
  readonly #packed: boolean
  readonly #normalized: boolean
  readonly #layers: readonly Float32Array[]
  readonly #widest: number
  readonly #one: Prediction
  #workspace: Float32Array = new Float32Array(0)

  /** @internal */
  constructor(inputs: number, layers: readonly PredictorLayer[], { packed }: { readonly packed: boolean }) {
    this.inputs = inputs
    this.outputs = layers.at(-1)?.bias.length as number
    this.#packed = packed
    this.#normalized = layers.some(({ norm }) => norm.length > 0)
    this.#layers = layers.flatMap(({ weight, bias, norm }) => [weight, bias, ...norm])
    this.#widest = Math.max(...layers.map(({ bias }) => bias.length))
    this.#one = { labels: new Uint32Array(1), probabilities: new Float32Array(this.outputs) }
  }

  /**
   * Classes of rows x [B, I].
   * @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `NON_FINITE` (x, or the logits of a model that has diverged)
   */
  predict(x: Float32Array): Prediction {
    const rows = checkRows(x, this.inputs)
    if (rows > 1) return this.#answer(x, rows, new Uint32Array(rows), new Float32Array(rows * this.outputs))
    // measured: native memory for small new arrays takes longer than copying
    const { labels, probabilities } = this.#answer(x, 1, this.#one.labels, this.#one.probabilities)
    return { labels: new Uint32Array(labels), probabilities: new Float32Array(probabilities) }
  }

  #answer(x: Float32Array, rows: number, labels: Uint32Array, probabilities: Float32Array): Prediction {
    const needed = 2 * this.#widest * Math.min(rows, ROWS)
    if (this.#workspace.length < needed) this.#workspace = alignedFloats(needed)
    native.predict(
      rows,
      this.inputs,
      this.#packed,
      this.#normalized,
      EPSILON,
      x,
      this.#workspace,
      labels,
      probabilities,
      ...this.#layers,
    )
    return { labels, probabilities }
  }
}
