import { native } from '../../bindings/native.ts'

// of the grid, by steps of sqrt(2) from 2^-7 to 2^5
const STEPS = 25
const LEAST = 2 ** -7
// until so many rows the start is kept
const ENOUGH = 30
// of what came before a row, that many rows ago half
const HALF_LIFE = 2000
// of a row, in nats
const MOST_LOSS = 1e6
const DECAY = 1 - Math.LN2 / HALF_LIFE

const GRID: readonly number[] = Array.from({ length: STEPS }, (_, step) =>
  step % 2 === 0 ? LEAST * 2 ** (step / 2) : LEAST * 2 ** ((step - 1) / 2) * Math.SQRT2,
)

/**
 * What logits are divided by before the softmax so that probabilities are calibrated (Guo et al. 2017, arXiv:1706.04599,
 * section 4.2), fitted online: for each temperature of a grid the log loss of rows that were predicted before they were
 * learnt, old ones fading. Counters alone.
 */
export class Temperature {
  readonly #losses = new Float64Array(STEPS)
  #rows = 0
  #start: number

  /** @param start - while there are few rows */
  constructor(start: number) {
    this.#start = start
  }

  /** the best of the grid */
  get value(): number {
    if (this.#rows < ENOUGH) return this.#start
    let best = 0
    for (let step = 1; step < STEPS; step++)
      if ((this.#losses[step] as number) < (this.#losses[best] as number)) best = step
    return GRID[best] as number
  }

  /** @param logits - [B, C], undivided. @param columns - [B], of the true class */
  add(logits: Float32Array, columns: readonly number[], classes: number): void {
    const rows = columns.length
    const [scaled, logP] = [new Float32Array(logits.length), new Float32Array(logits.length)]
    const decay = power(DECAY, rows)
    GRID.forEach((temperature, step) => {
      native.scale(logits, 1 / temperature, scaled)
      native.logSoftmax(rows, classes, scaled, logP)
      const loss = columns.reduce((sum, column, row) => sum + lossOf(logP[row * classes + column] as number), 0)
      this.#losses[step] = (this.#losses[step] as number) * decay + loss
    })
    this.#rows += rows
  }

  arrays(): Record<'losses' | 'rows', Float64Array> {
    return { losses: this.#losses.slice(), rows: Float64Array.of(this.#rows) }
  }

  restore({ losses, rows }: Record<'losses' | 'rows', Float64Array>): void {
    this.#losses.set(losses)
    this.#rows = rows[0] as number
  }
}

/** A row's log loss, within what sums can hold: logits of inputs far beyond all others may overflow. */
export const lossOf = (logP: number): number => (Number.isFinite(logP) ? Math.min(-logP, MOST_LOSS) : MOST_LOSS)

/** by products: pow differs between machines */
export function power(base: number, exponent: number): number {
  let result = 1
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square)
    if (left % 2 === 1) result *= square
  return result
}
