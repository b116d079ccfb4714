import type { PalimpsestError } from 'palimpsest'
import type { ContinualClassifier, Report } from 'palimpsest/serving'

/** The last report of a classifier, and whether the thread that learns is there to make another. */
export class Reporter {
  readonly #classifier: ContinualClassifier
  #asked: Promise<void> | null = null
  #last: Report | null = null
  #dead = false

  constructor(classifier: ContinualClassifier) {
    this.#classifier = classifier
  }

  get last(): Report | null {
    return this.#last
  }

  /** calls that wait or are under way, without its own */
  get pending(): number {
    return this.#classifier.pending - (this.#asked ? 1 : 0)
  }

  /** Asks for a report, and waits for it, but no longer than that. One is under way at a time. */
  async within(milliseconds: number): Promise<void> {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref())
    await Promise.race([this.#ask(), patience])
  }

  /** Whether nothing is learnt any more: a thread that is dead says so at once, one that works need not answer. */
  async dead(): Promise<boolean> {
    await Promise.race([this.#ask(), new Promise(setImmediate)])
    return this.#dead
  }

  #ask(): Promise<void> {
    this.#asked ??= this.#classifier
      .report()
      .then(
        (report) => {
          this.#last = report
        },
        // the numbers of before stand
        ({ code }: PalimpsestError) => {
          this.#dead = code === 'WORKER_DIED'
        },
      )
      .finally(() => {
        this.#asked = null
      })
    return this.#asked
  }
}
