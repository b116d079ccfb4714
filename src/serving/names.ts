import { invalid } from './settings.ts'

// of Analytic
const MOST_CLASSES = 65_536

/** Labels, which are texts, and the numbers of their classes: the lowest that is free for each new one. */
export class Names {
  readonly #labels = new Map<number, string>()
  readonly #numbers = new Map<string, number>()

  /** in the order of their numbers */
  get labels(): readonly string[] {
    return [...this.#labels].sort(([a], [b]) => a - b).map(([, label]) => label)
  }

  /** one more than the highest number */
  get span(): number {
    return Math.max(-1, ...this.#labels.keys()) + 1
  }

  numberOf(label: string): number | undefined {
    return this.#numbers.get(label)
  }

  labelOf(number: number): string | undefined {
    return this.#labels.get(number)
  }

  /** Numbers of these labels, new ones too, which `keep` makes last. @throws PalimpsestError `INVALID_ARGUMENT` beyond 65536 */
  numbersFor(labels: readonly string[]): number[] {
    const fresh = new Map<string, number>()
    let next = 0
    return labels.map((label) => {
      const known = this.#numbers.get(label) ?? fresh.get(label)
      if (known !== undefined) return known
      while (this.#labels.has(next)) next++
      if (next >= MOST_CLASSES) throw invalid(`there are ${MOST_CLASSES} classes already`)
      fresh.set(label, next)
      return next++
    })
  }

  keep(labels: readonly string[], numbers: readonly number[]): void {
    labels.forEach((label, index) => {
      this.#labels.set(numbers[index] as number, label)
      this.#numbers.set(label, numbers[index] as number)
    })
  }

  drop(label: string): void {
    this.#labels.delete(this.#numbers.get(label) as number)
    this.#numbers.delete(label)
  }
}
