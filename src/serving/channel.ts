import { PalimpsestError } from '../../bindings/errors.ts'
import { type CallOptions, errorOf, type Host } from './host.ts'
import type { CallName, Calls, Reply } from './messages.ts'
import { SlotReader } from './slots.ts'
import type { Snapshot } from './snapshot.ts'

let models = 0

/** What a classifier asks, and reads. */
export interface Access {
  /** what answers; null while no class is there */
  readonly reader: SlotReader | null
  /** of the last change that predictions know of */
  readonly sequence: number
  /** of the model's state and of what answers */
  readonly bytes: number
  /** calls that wait or are under way */
  readonly pending: number
  /** why nothing can be asked any more, or null */
  readonly dead: PalimpsestError | null
  /** @throws PalimpsestError `OVERLOADED`, `CLOSED`, `WORKER_DIED`, what the worker answers; the signal's reason */
  ask<T, N extends CallName = CallName>(name: N, call: Calls[N], options?: CallOptions): Promise<T>
}

/** The way to one model in a worker: calls go there, and what it publishes is read here. */
export class Channel implements Access {
  readonly #host: Host
  readonly #model = ++models
  readonly #most: number
  /** of calls that are done and not published yet */
  readonly #unseen: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  #reader: SlotReader | null = null
  #sequence = 0
  #state = 0
  #unread = true
  #pending = 0
  #closed = false

  /** @param most - calls that may wait at a time */
  constructor(host: Host, most: number) {
    this.#host = host
    this.#most = most
    host.models++
  }

  get reader(): SlotReader | null {
    return this.#reader
  }

  get sequence(): number {
    return this.#reader?.sequence ?? this.#sequence
  }

  get bytes(): number {
    return this.#state + (this.#reader?.bytes ?? 0)
  }

  get pending(): number {
    return this.#pending
  }

  /** whether the state is in its file alone, with which it then agrees */
  get unread(): boolean {
    return this.#unread
  }

  get dead(): PalimpsestError | null {
    return this.#closed ? new PalimpsestError('CLOSED', 'this classifier was closed') : this.#host.dead
  }

  /**
   * Asks the worker. What changes the model is answered once predictions know it.
   * @throws as {@link Access.ask}
   */
  async ask<T, N extends CallName = CallName>(name: N, call: Calls[N], options: CallOptions = {}): Promise<T> {
    if (this.dead) throw this.dead
    const counted = Number(!options.own)
    if (counted && this.#pending >= this.#most)
      throw new PalimpsestError(
        'OVERLOADED',
        `${this.#pending} calls are waiting already, as many as maxPending allows: wait for some`,
      )
    this.#pending += counted
    try {
      const reply = await this.#host.call(this.#model, name, call, options)
      this.#take(reply)
      if (reply.error) throw errorOf(reply.error)
      if (name === 'save') {
        const snapshot = reply.value as Snapshot
        await this.#host.write((call as Calls['save']).path, snapshot, options.before)
        return snapshot.sequence as T
      }
      if (!reply.visible) await this.#seen()
      return reply.value as T
    } catch (error) {
      // this one was to publish what those before it had changed
      if (this.#unseen.length > 0) this.#publish()
      throw error
    } finally {
      this.#pending -= counted
    }
  }

  /** Forgets the model in the worker; what waits is done first. */
  async close(): Promise<void> {
    if (this.#closed) return
    const last = this.#host.dead ? null : this.#host.call(this.#model, 'drop', {}).then((reply) => this.#take(reply))
    this.#closed = true
    this.#host.models--
    await last?.catch(() => undefined)
    this.#reader = null
  }

  #take({ slots, visible, sequence, bytes, unread }: Reply): void {
    if (slots !== undefined) this.#reader = slots && new SlotReader(slots.memory, slots.layout)
    this.#state = bytes
    this.#unread = unread
    if (visible) this.#sequence = sequence
    if (visible) for (const { resolve } of this.#unseen.splice(0)) resolve()
  }

  #seen(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#unseen.push({ resolve, reject })
      this.#publish()
    })
  }

  /** unless a call waits, which will; the one that was to may have been withdrawn */
  #publish(): void {
    if (this.#host.waiting(this.#model) > 0) return
    this.#host.call(this.#model, 'publish', {}).then(
      (reply) => this.#take(reply),
      (error) => {
        for (const { reject } of this.#unseen.splice(0)) reject(error)
      },
    )
  }
}
