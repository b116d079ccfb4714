// of what came before a row, that many rows ago half
const HALF_LIFE = 200
const DECAY = 1 - Math.LN2 / HALF_LIFE

/** How far the inputs have moved: their recent mean beside mean and variance of all, by sums alone. */
export class Drift {
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  readonly #recent: Float64Array
  #rows = 0
  #weight = 0

  constructor(inputs: number) {
    this.#sum = new Float64Array(inputs)
    this.#squares = new Float64Array(inputs)
    this.#recent = new Float64Array(inputs)
  }

  /** Rows x [B, I]; with sign -1 takes them back from the sums of all, and begins the recent mean anew. */
  add(x: Float32Array, sign: 1 | -1 = 1): void {
    const I = this.#sum.length
    const rows = x.length / I
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < I; i++) {
        const value = x[row * I + i] as number
        this.#sum[i] = (this.#sum[i] as number) + sign * value
        this.#squares[i] = (this.#squares[i] as number) + sign * value * value
        if (sign === 1) this.#recent[i] = (this.#recent[i] as number) * DECAY + value
      }
      if (sign === 1) this.#weight = this.#weight * DECAY + 1
    }
    if (sign === -1) {
      this.#recent.fill(0)
      this.#weight = 0
    }
    this.#rows = Math.max(0, this.#rows + sign * rows)
    if (this.#rows === 0) this.reset()
  }

  reset(): void {
    for (const array of [this.#sum, this.#squares, this.#recent]) array.fill(0)
    this.#rows = 0
    this.#weight = 0
  }

  /** Root mean square over inputs, in standard deviations of all; and what chance alone makes of it. */
  report(): { readonly distance: number; readonly expected: number } {
    const n = this.#rows
    if (n < 2 || this.#weight === 0) return { distance: 0, expected: 0 }
    let [total, inputs] = [0, 0]
    this.#sum.forEach((sum, i) => {
      const mean = sum / n
      const variance = (this.#squares[i] as number) / n - mean * mean
      if (!(variance > 1e-12 * mean * mean)) return
      const apart = (this.#recent[i] as number) / this.#weight - mean
      total += (apart * apart) / variance
      inputs++
    })
    // the recent mean is over so many rows, of n
    const effective = Math.min(n, (this.#weight * (1 + DECAY)) / (1 + DECAY ** n))
    const expected = Math.sqrt(Math.max(0, 1 / effective - 1 / n))
    return { distance: inputs > 0 ? Math.sqrt(total / inputs) : 0, expected }
  }

  arrays(): Record<'sum' | 'squares' | 'recent' | 'rows', Float64Array> {
    return {
      sum: this.#sum.slice(),
      squares: this.#squares.slice(),
      recent: this.#recent.slice(),
      rows: Float64Array.of(this.#rows, this.#weight),
    }
  }

  restore({ sum, squares, recent, rows }: Record<'sum' | 'squares' | 'recent' | 'rows', Float64Array>): void {
    this.#sum.set(sum)
    this.#squares.set(squares)
    this.#recent.set(recent)
    this.#rows = rows[0] as number
    this.#weight = rows[1] as number
  }
}
