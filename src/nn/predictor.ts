import { native } from '../../bindings/native.ts'
import { EPSILON } from './batch-norm.ts'
import type { Prediction } from './module.ts'
import { checkRows } from './rows.ts'

/** One layer as the native call takes it: a linear layer, and the BatchNorm after it or null. */
export interface PredictorLayer {
  /** [O, I] */
  readonly weight: Float32Array
  /** [O] */
  readonly bias: Float32Array
  /** [O] each */
  readonly norm: {
    readonly gamma: Float32Array
    readonly beta: Float32Array
    readonly mean: Float32Array
    readonly variance: Float32Array
  } | null
}

// rows at a time: so few that what passes between two layers stays in the cache; results do not depend on it
const ROWS = 256

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
  readonly #layers: readonly (Float32Array | null)[]
  readonly #widest: number
  #workspace = new Float32Array(0)

  /** @internal */
  constructor(inputs: number, layers: readonly PredictorLayer[], { packed }: { readonly packed: boolean }) {
    this.inputs = inputs
    this.outputs = layers.at(-1)?.bias.length as number
    this.#packed = packed
    this.#widest = Math.max(...layers.map(({ bias }) => bias.length))
    this.#layers = layers.flatMap(({ weight, bias, norm }, index) => {
      if (index === layers.length - 1) return [weight, bias]
      return [weight, bias, norm?.gamma ?? null, norm?.beta ?? null, norm?.mean ?? null, norm?.variance ?? null]
    })
  }

  /**
   * Classes of rows x [B, I].
   * @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `NON_FINITE` (x, or the logits of a model that has diverged)
   */
  predict(x: Float32Array): Prediction {
    const rows = checkRows(x, this.inputs)
    const needed = 2 * this.#widest * Math.min(rows, ROWS)
    if (this.#workspace.length < needed) this.#workspace = new Float32Array(needed)
    const labels = new Uint32Array(rows)
    const probabilities = new Float32Array(rows * this.outputs)
    native.predict(rows, this.inputs, this.#packed, EPSILON, x, this.#workspace, labels, probabilities, ...this.#layers)
    return { labels, probabilities }
  }
}
