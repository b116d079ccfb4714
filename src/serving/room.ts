import type { Budget } from './budget.ts'
import type { Resident } from './resident.ts'

// of the budget: what can be had without waiting for a save
const AHEAD = 1 / 8

/** What a {@link Room} has done with a resident; both are for those that nobody has. */
export interface Ways {
  /** takes it out of memory as it is; its bytes count no more at once */
  forsake(resident: Resident): void
  /** saves it, then takes it out of memory. @throws what keeps it from being saved: it stays then */
  leave(resident: Resident): Promise<void>
}

/** Keeps residents within the budget: those used longest ago leave, those first that need not be saved. */
export class Room {
  // by path, used longest ago first
  readonly #residents: ReadonlyMap<string, Resident>
  readonly #budget: Budget
  readonly #ways: Ways
  #saving: Promise<void> | null = null
  /** how many left */
  evictions = 0

  constructor(residents: ReadonlyMap<string, Resident>, budget: Budget, ways: Ways) {
    this.#residents = residents
    this.#budget = budget
    this.#ways = ways
  }

  /** Makes others leave until all fits, or nobody is left who may. Returns whether it waited for a save. @throws as `leave` */
  async make(): Promise<boolean> {
    for (let waited = false; ; waited = true) {
      const going = this.#cleared()
      if (!going) return waited
      await going
    }
  }

  /**
   * In the background, and one after another: saves those who are to leave next, until an eighth of the budget is free or
   * could be at once. What cannot be saved stays, and whoever needs its room is told.
   */
  prepare(): void {
    this.#saving ??= this.#saveNext()
      .catch(() => undefined)
      .finally(() => {
        this.#saving = null
      })
  }

  /** settled once nothing is saved in the background */
  get quiet(): Promise<void> {
    return this.#saving ?? Promise.resolve()
  }

  /** makes leave at once who can; what to wait for where that is not enough */
  #cleared(): Promise<unknown> | null {
    const { limit } = this.#budget
    for (const one of [...this.#residents.values()]) {
      if (this.#budget.bytes <= limit) return null
      if (one.held || one.leaving || one.dirty) continue
      this.#ways.forsake(one)
      this.evictions++
    }
    if (this.#budget.bytes <= limit) return null
    const all = [...this.#residents.values()].filter(({ gone }) => !gone)
    const leaving = all.filter((one) => one.leaving)
    const expected = leaving.reduce((sum, { bytes }) => sum - bytes, this.#budget.bytes)
    const next = all.find(({ held, leaving }) => !held && !leaving)
    if (next && expected > limit) return this.#evicted(next)
    return leaving[0]?.leaving?.catch(() => undefined) ?? null
  }

  async #evicted(resident: Resident): Promise<void> {
    await this.#ways.leave(resident)
    this.evictions++
  }

  async #saveNext(): Promise<void> {
    for (let next = this.#unsaved(); next; next = this.#unsaved()) await next.save()
  }

  /** the first that has to be saved before so much is free */
  #unsaved(): Resident | null {
    const { limit, bytes } = this.#budget
    let free = limit - bytes
    for (const one of this.#residents.values()) {
      if (free >= limit * AHEAD) return null
      if (one.held || one.leaving) continue
      if (one.dirty) return one
      free += one.bytes
    }
    return null
  }
}
