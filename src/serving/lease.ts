import { PalimpsestError } from '../../bindings/errors.ts'
import type { Access } from './channel.ts'
import type { CallOptions } from './host.ts'
import type { CallName, Calls } from './messages.ts'
import type { Resident } from './resident.ts'
import { invalid } from './settings.ts'
import type { SlotReader } from './slots.ts'

/** One of those who have a resident. */
export class Lease implements Access {
  readonly resident: Resident
  readonly #mayGrow: () => void
  readonly #calls = new Set<Promise<unknown>>()
  #closed = false

  /** @param mayGrow - throws when there is no memory to learn */
  constructor(resident: Resident, mayGrow: () => void) {
    this.resident = resident
    this.#mayGrow = mayGrow
    resident.leases.add(this)
  }

  get reader(): SlotReader | null {
    return this.resident.channel?.reader ?? null
  }

  get sequence(): number {
    return this.resident.channel?.sequence ?? 0
  }

  get bytes(): number {
    return this.resident.channel?.bytes ?? 0
  }

  get pending(): number {
    return this.#calls.size
  }

  get dead(): PalimpsestError | null {
    return this.#closed ? new PalimpsestError('CLOSED', 'this classifier was closed') : this.resident.dead
  }

  async ask<T, N extends CallName = CallName>(name: N, call: Calls[N], options?: CallOptions): Promise<T> {
    if (this.dead) throw this.dead
    if (name === 'save' && (call as Calls['save']).path !== this.resident.path)
      throw invalid(`save: a classifier of a store is saved in its place, ${this.resident.path}, and nowhere else`)
    if (name === 'learn' || name === 'consolidate') this.#mayGrow()
    const asked = this.resident.ask<T, N>(name, call, options)
    this.#calls.add(asked)
    try {
      return await asked
    } finally {
      this.#calls.delete(asked)
    }
  }

  /** Nothing can be asked from now on. Waits for what was. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#calls)
    this.resident.leases.delete(this)
  }
}
