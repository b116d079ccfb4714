/** What takes memory, and whether it may leave. */
export interface Counted {
  readonly bytes: number
  readonly held: boolean
  /** takes none any more, for good */
  readonly gone: boolean
}

/** Bytes of all that is resident, and of what of it cannot leave. */
export class Budget {
  readonly limit: number
  readonly #known = new Map<Counted, number>()
  readonly #knownHeld = new Map<Counted, number>()
  #bytes = 0
  #bytesHeld = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** of what cannot leave */
  get held(): number {
    return this.#bytesHeld
  }

  /** whether it cannot be kept, whoever leaves */
  get hopeless(): boolean {
    return this.#bytesHeld > this.limit
  }

  /** after something about it changed */
  count(one: Counted): void {
    this.#replace(one, one.gone ? 0 : one.bytes, one.held && !one.gone ? one.bytes : 0)
    if (!one.gone) return
    this.#known.delete(one)
    this.#knownHeld.delete(one)
  }

  #replace(one: Counted, bytes: number, held: number): void {
    this.#bytes += bytes - (this.#known.get(one) ?? 0)
    this.#bytesHeld += held - (this.#knownHeld.get(one) ?? 0)
    this.#known.set(one, bytes)
    this.#knownHeld.set(one, held)
  }
}
