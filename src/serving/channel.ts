import { PalimpsestError } from '../../bindings/errors.ts'
import { type CallOptions, errorOf, type Host } from './host.ts'
import type { CallName, Calls, Reply } from './messages.ts'
import { SlotReader } from './slots.ts'

let models = 0

/** The way to one model in a worker: calls go there, and what it publishes is read here. */
export class Channel {
  readonly #host: Host
  readonly #model = ++models
  readonly #most: number
  readonly #unseen: (() => void)[] = []
  #reader: SlotReader | null = null
  #state = 0
  #pending = 0
  #closed = false

  /** @param most - calls that may wait at a time */
  constructor(host: Host, most: number) {
    this.#host = host
    this.#most = most
    host.models++
  }

  /** what answers; null while no class is there */
  get reader(): SlotReader | null {
    return this.#reader
  }

  /** of the model's state and of what answers */
  get bytes(): number {
    return this.#state + (this.#reader?.bytes ?? 0)
  }

  /** calls that wait or are under way */
  get pending(): number {
    return this.#pending
  }

  /** why nothing can be asked any more, or null */
  get dead(): PalimpsestError | null {
    return this.#closed ? new PalimpsestError('CLOSED', 'this classifier was closed') : this.#host.dead
  }

  /**
   * Asks the worker. What changes the model is answered once predictions know it.
   * @throws PalimpsestError `OVERLOADED`, `CLOSED`, `WORKER_DIED`, what the worker answers; the signal's reason
   */
  async ask<T, N extends CallName = CallName>(name: N, call: Calls[N], options: CallOptions = {}): Promise<T> {
    if (this.dead) throw this.dead
    if (this.#pending >= this.#most)
      throw new PalimpsestError(
        'OVERLOADED',
        `${this.#pending} calls are waiting already, as many as maxPending allows: wait for some`,
      )
    this.#pending++
    try {
      const reply = await this.#host.call(this.#model, name, call, options)
      this.#take(reply)
      if (reply.error) throw errorOf(reply.error)
      if (!reply.visible) await this.#seen()
      return reply.value as T
    } finally {
      this.#pending--
    }
  }

  /** Forgets the model in the worker; what waits is done first. */
  async close(): Promise<void> {
    if (this.#closed) return
    const last = this.#host.dead ? null : this.#host.call(this.#model, 'drop', {})
    this.#closed = true
    this.#host.models--
    await last?.catch(() => undefined)
    this.#reader = null
  }

  #take({ slots, visible, bytes }: Reply): void {
    if (slots !== undefined) this.#reader = slots && new SlotReader(slots.memory, slots.layout)
    this.#state = bytes
    if (visible) for (const tell of this.#unseen.splice(0)) tell()
  }

  /** the call that was to publish may have been withdrawn */
  async #seen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#unseen.push(resolve)
      if (this.#host.waiting(this.#model) === 0)
        this.#host.call(this.#model, 'publish', {}).then((reply) => this.#take(reply), reject)
    })
  }
}
