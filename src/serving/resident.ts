import type { PalimpsestError } from '../../bindings/errors.ts'
import type { Budget, Counted } from './budget.ts'
import type { Channel } from './channel.ts'
import type { CallOptions } from './host.ts'
import type { Lease } from './lease.ts'
import type { Locks } from './lock.ts'
import type { CallName, Calls } from './messages.ts'

const CHANGES: ReadonlySet<CallName> = new Set(['learn', 'consolidate', 'forget', 'removeClass'])

/** A tenant's model in memory, or on the way there or from there. */
export class Resident implements Counted {
  readonly path: string
  readonly leases: Set<Lease> = new Set()
  /** fulfilled once it can be asked */
  ready: Promise<unknown> = Promise.resolve()
  starting: boolean = false
  /** settled once it has left, or could not */
  leaving: Promise<unknown> | null = null
  /** who waits for `ready` */
  opening: number = 0
  /** what it will take, until that is known */
  expected: number = 0
  channel: Channel | null = null
  /** whether its lock is ours */
  locked: boolean = false
  gone: boolean = false
  readonly #budget: Budget
  readonly #locks: Locks
  readonly #beside: number
  readonly #saves = new Set<Promise<unknown>>()
  #changes = 0
  #saved = 0
  #saving: { readonly changes: number; readonly done: Promise<unknown> } | null = null

  /** @param beside - bytes that it takes besides what its channel tells */
  constructor(path: string, budget: Budget, locks: Locks, beside: number) {
    this.path = path
    this.#budget = budget
    this.#locks = locks
    this.#beside = beside
  }

  get bytes(): number {
    if (!this.channel) return this.expected
    // what was learnt is gone with its thread
    if (this.dead) return this.channel.reader?.bytes ?? 0
    return Math.max(this.expected, this.channel.bytes + this.#beside)
  }

  /** whether somebody has it, or will */
  get held(): boolean {
    return this.opening + this.leases.size > 0
  }

  /** why it is of no use any more, or null */
  get dead(): PalimpsestError | null {
    return this.channel?.dead ?? null
  }

  /** @throws PalimpsestError `LOCKED` where it is to be saved and its lock was lost; as {@link Channel.ask} */
  async ask<T, N extends CallName = CallName>(name: N, call: Calls[N], options?: CallOptions): Promise<T> {
    const before = this.#changes
    // counted whatever comes of it: what failed late may have changed something
    if (CHANGES.has(name)) this.#changes++
    try {
      const held = { ...options, before: () => this.#locks.check(this.path) }
      if (name !== 'save') return await (this.channel as Channel).ask<T, N>(name, call, options)
      const saving = (this.channel as Channel).ask<T, N>(name, call, held)
      this.#saves.add(saving)
      const value = await saving.finally(() => this.#saves.delete(saving))
      this.#saved = Math.max(this.#saved, before)
      return value
    } finally {
      this.#budget.count(this)
    }
  }

  /** whether something may have changed since it was saved last, and can still be saved */
  get dirty(): boolean {
    return this.#changes !== this.#saved && !this.channel?.unread && !this.dead
  }

  /** settled once no file is being written for it, which its thread need not live for */
  async written(): Promise<void> {
    await Promise.allSettled(this.#saves)
  }

  /** Saves what changed since it was saved last; who asks for the same while that is done waits for it. */
  async save(): Promise<void> {
    if (!this.dirty) return
    if (this.#saving?.changes !== this.#changes)
      this.#saving = { changes: this.#changes, done: this.ask('save', { path: this.path }, { own: true }) }
    const saving = this.#saving
    try {
      await saving.done
    } finally {
      if (this.#saving === saving) this.#saving = null
    }
  }
}
