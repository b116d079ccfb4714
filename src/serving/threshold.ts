import { power } from './temperature.ts'

const BINS = 1024
const HALF_LIFE = 2000
const DECAY = 1 - Math.LN2 / HALF_LIFE
const ENOUGH = 30

/**
 * The probability that a share `rate` of answers stays below, of rows of known classes that were predicted before they
 * were learnt: a quantile by counters, old ones fading.
 */
export class Threshold {
  readonly #rate: number
  readonly #counts = new Float64Array(BINS)
  #rows = 0

  constructor(rate: number) {
    this.#rate = rate
  }

  /** 0 while there are few rows */
  get value(): number {
    if (this.#rows < ENOUGH || this.#rate === 0) return 0
    const below = this.#rate * this.#counts.reduce((sum, count) => sum + count, 0)
    let [sum, bin] = [0, 0]
    while (bin < BINS - 1 && sum + (this.#counts[bin] as number) <= below) sum += this.#counts[bin++] as number
    // within the bin as if its rows lay evenly
    const share = (below - sum) / (this.#counts[bin] as number)
    return (bin + (share > 0 && share < 1 ? share : 0)) / BINS
  }

  /** @param probabilities - [B], of the answers */
  add(probabilities: readonly number[]): void {
    const decay = power(DECAY, probabilities.length)
    for (let bin = 0; bin < BINS; bin++) this.#counts[bin] = (this.#counts[bin] as number) * decay
    for (const p of probabilities) {
      const bin = Math.min(BINS - 1, Math.floor(p * BINS))
      this.#counts[bin] = (this.#counts[bin] as number) + 1
    }
    this.#rows += probabilities.length
  }

  arrays(): Record<'counts' | 'rows', Float64Array> {
    return { counts: this.#counts.slice(), rows: Float64Array.of(this.#rows) }
  }

  restore({ counts, rows }: Record<'counts' | 'rows', Float64Array>): void {
    this.#counts.set(counts)
    this.#rows = rows[0] as number
  }
}
