import type { ContinualClassifier } from 'palimpsest/serving'

/** When to save by itself. */
export interface SaverOptions {
  /** changes */
  readonly every: number
  readonly seconds: number
  /** told when saving failed: the next change, or the next second, tries again */
  readonly failed: (error: unknown) => void
}

/** Saves a classifier now and then, and when a change must be durable before its caller is told. */
export class Saver {
  readonly #classifier: ContinualClassifier
  readonly #path: string
  readonly #options: SaverOptions
  readonly #timer: NodeJS.Timeout
  #durable: number
  #saving: Promise<number> | null = null
  /** the save that begins when the one under way is done */
  #next: Promise<number> | null = null

  /** @param durable - the change up to which the file at the path knows all */
  constructor(classifier: ContinualClassifier, path: string, durable: number, options: SaverOptions) {
    this.#classifier = classifier
    this.#path = path
    this.#durable = durable
    this.#options = options
    this.#timer = setInterval(() => this.#unlessSaved(1), options.seconds * 1000).unref()
  }

  /** the last change that outlasts this process */
  get durable(): number {
    return this.#durable
  }

  /** To be called after a change. */
  changed(): void {
    this.#unlessSaved(this.#options.every)
  }

  /** Fulfilled once that change outlasts this process: callers at the same time share a save. */
  async until(sequence: number): Promise<number> {
    // a save under way may have begun before the change
    while (this.#durable < sequence) await this.#save()
    return this.#durable
  }

  /** Stops the timer and saves what is not. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.until(this.#classifier.sequence)
  }

  #unlessSaved(changes: number): void {
    if (this.#saving === null && this.#classifier.sequence - this.#durable >= changes)
      this.#save().catch(this.#options.failed)
  }

  #save(): Promise<number> {
    if (this.#saving) {
      this.#next ??= this.#saving
        .catch(() => 0)
        .then(() => {
          this.#next = null
          return this.#save()
        })
      return this.#next
    }
    this.#saving = this.#classifier.save(this.#path).then((sequence) => {
      this.#durable = Math.max(this.#durable, sequence)
      return sequence
    })
    const done = () => {
      this.#saving = null
    }
    this.#saving.then(done, done)
    return this.#saving
  }
}
