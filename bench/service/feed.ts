/** Keeps calls of `learn` under way until it is told to stop. */
export class Feed {
  readonly #learn: () => Promise<unknown>
  readonly #feeders: Promise<void>[]
  #stopped = false
  /** calls that were answered */
  done = 0

  /** @param abreast - calls under way at a time */
  constructor(learn: () => Promise<unknown>, abreast: number) {
    this.#learn = learn
    this.#feeders = Array.from({ length: abreast }, () => this.#feed())
  }

  /** Waits for what is under way. @throws what `learn` threw */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#feeders)
  }

  async #feed(): Promise<void> {
    while (!this.#stopped) {
      await this.#learn()
      this.done++
    }
  }
}
