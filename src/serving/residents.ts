import { rm } from 'node:fs/promises'
import { PalimpsestError } from '../../bindings/errors.ts'
import { Budget } from './budget.ts'
import { Channel } from './channel.ts'
import { sizeOf, sweep } from './files.ts'
import { Lease } from './lease.ts'
import type { Locks } from './lock.ts'
import { Pool } from './pool.ts'
import { Resident } from './resident.ts'
import type { Settings } from './settings.ts'
import type { StoreReport } from './types.ts'

// of a model's size, the budget from which room for one is kept free
const SPARE = 8

/** What residents are made with, and how they run. */
export interface How {
  readonly settings: Settings
  /** checked when one is loaded; undefined: not checked */
  readonly encoder: string | undefined
  readonly maxPending: number
  readonly budget: number
  readonly workers: number
}

/** The models in memory: who comes, who shares one, and who leaves. */
export class Residents {
  readonly #how: How
  readonly #locks: Locks
  readonly #pool: Pool
  readonly #budget: Budget
  // by path, used longest ago first
  readonly #residents = new Map<string, Resident>()
  readonly #counts = { hits: 0, misses: 0, evictions: 0 }
  // bytes of a new one, once that is known
  #fresh = 0
  #ended = false

  constructor(how: How, locks: Locks) {
    this.#how = how
    this.#locks = locks
    this.#budget = new Budget(how.budget)
    this.#pool = new Pool(how.workers)
  }

  /** see `ClassifierStore.open` */
  async lease(path: string): Promise<Lease> {
    for (let wait = this.#unrest(path); wait; wait = this.#unrest(path)) await wait
    const there = this.#residents.get(path)
    this.#counts[there ? 'hits' : 'misses']++
    const resident = there ?? this.#place(path)
    resident.opening++
    // who comes meanwhile shares what becomes of it
    if (!there) resident.ready = this.#start(resident)
    this.#budget.count(resident)
    try {
      await resident.ready
      this.#checkOpen()
      return new Lease(resident, () => this.#checkHeld())
    } finally {
      resident.opening--
      this.#budget.count(resident)
    }
  }

  /** Takes back what `lease` gave. */
  async release(lease: Lease): Promise<void> {
    const { resident } = lease
    await lease.close()
    this.#budget.count(resident)
    // with its thread; another may be there
    if (resident.gone) return
    this.#residents.delete(resident.path)
    this.#residents.set(resident.path, resident)
    // so that who comes next need not wait for one to be saved, where that costs little of the budget
    const ahead = resident.bytes * SPARE <= this.#budget.limit ? resident.bytes : 0
    // what cannot be saved now stays, and whoever needs its room is told
    this.#trim(ahead).catch(() => undefined)
  }

  /** see `ClassifierStore.remove` */
  async remove(path: string): Promise<boolean> {
    for (let wait = this.#unrest(path); wait; wait = this.#unrest(path)) await wait
    const there = this.#residents.get(path)
    if (there?.held) throw new PalimpsestError('LOCKED', `${path} is open here: close it before it is removed`)
    const resident = there ?? this.#place(path)
    return this.#leaving(resident, this.#removed(resident))
  }

  report(): StoreReport {
    const all = [...this.#residents.values()]
    const held = all.filter((resident) => resident.held).length
    const { bytes, limit } = this.#budget
    return { residents: all.length, held, bytes, budget: limit, ...this.#counts }
  }

  /** see `ClassifierStore.close` */
  async end(): Promise<void> {
    this.#ended = true
    const all = [...this.#residents.values()]
    const outcomes = await Promise.allSettled(
      all.map(async (resident) => {
        await resident.ready.catch(() => undefined)
        await resident.leaving?.catch(() => undefined)
        await Promise.all([...resident.leases].map((lease) => lease.close()))
        if (!resident.gone) await this.#leave(resident)
      }),
    )
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    await this.#pool.close()
    await this.#locks.close()
  }

  #checkOpen(): void {
    if (this.#ended) throw new PalimpsestError('CLOSED', 'this store was closed')
  }

  /** What to wait for while a tenant is about to leave, or was in a thread that ended; to be asked again then. */
  #unrest(path: string): Promise<unknown> | undefined {
    this.#checkOpen()
    const there = this.#residents.get(path)
    if (there?.starting && there.dead) return there.ready.catch(() => undefined)
    const leaving = there?.leaving ?? (there?.dead ? this.#leave(there) : null)
    return leaving?.catch(() => undefined)
  }

  #place(path: string): Resident {
    const resident = new Resident(path, this.#budget, besides(this.#how.settings))
    this.#residents.set(path, resident)
    return resident
  }

  async #start(resident: Resident): Promise<void> {
    const { path } = resident
    const { settings, encoder, maxPending } = this.#how
    resident.starting = true
    try {
      const left = await this.#locks.take(path)
      resident.locked = true
      if (left) await sweep(path)
      const size = await sizeOf(path)
      resident.expected = size ?? this.#fresh
      await this.#room(resident)
      const channel = new Channel(this.#pool.host(), maxPending)
      resident.channel = channel
      if (size === null) await resident.ask('create', { settings })
      else await resident.ask('open', { path, encoder, settings })
      resident.expected = 0
      if (size === null) this.#fresh = resident.bytes
      await this.#room(resident)
    } catch (error) {
      await this.#forsake(resident)
      throw error
    } finally {
      resident.starting = false
    }
  }

  /** Makes others leave until all that is here fits. @throws PalimpsestError `OVERLOADED`; what keeps one from leaving */
  async #room(resident: Resident): Promise<void> {
    this.#budget.count(resident)
    this.#checkHeld()
    await this.#trim()
    this.#checkHeld()
  }

  #checkHeld(): void {
    if (!this.#budget.hopeless) return
    // those whose thread ended take less than they did
    for (const one of this.#residents.values()) if (one.dead) this.#budget.count(one)
    const { hopeless, held, limit } = this.#budget
    if (hopeless)
      throw new PalimpsestError(
        'OVERLOADED',
        `the classifiers that are open need ${held} bytes of memory, of ${limit}: close some, or give a larger budget`,
      )
  }

  async #trim(ahead = 0): Promise<void> {
    while (this.#budget.bytes + ahead > this.#budget.limit) {
      const all = [...this.#residents.values()]
      const idle = all.find(({ held, leaving }) => !held && !leaving)
      const other = all.find(({ leaving }) => leaving)?.leaving?.catch(() => undefined)
      if (!idle && !other) return
      if (idle) await this.#evict(idle)
      else await other
    }
  }

  async #evict(resident: Resident): Promise<void> {
    await this.#leave(resident)
    this.#counts.evictions++
  }

  /** Takes it out of memory, saved. Where that fails it stays. */
  #leave(resident: Resident): Promise<void> {
    const left = async () => {
      await resident.save().catch((error: unknown) => {
        // what is in no thread any more cannot be saved
        if (!resident.dead) throw error
      })
      await this.#forsake(resident)
    }
    return resident.leaving ? resident.leaving.then(() => undefined) : this.#leaving(resident, left())
  }

  #leaving<T>(resident: Resident, work: Promise<T>): Promise<T> {
    const leaving = work.finally(() => {
      resident.leaving = null
    })
    resident.leaving = leaving
    return leaving
  }

  /** Takes it out of memory, as it is. */
  async #forsake(resident: Resident): Promise<void> {
    resident.gone = true
    this.#budget.count(resident)
    // what a thread that ended had published, those who have it still read
    if (!resident.dead) await resident.channel?.close()
    if (resident.locked) await this.#locks.release(resident.path)
    this.#residents.delete(resident.path)
  }

  async #removed(resident: Resident): Promise<boolean> {
    const { path } = resident
    try {
      if (!resident.locked) await this.#locks.take(path)
      resident.locked = true
      const there = (await sizeOf(path)) !== null
      await rm(path, { force: true })
      await sweep(path)
      await this.#forsake(resident)
      return there
    } catch (error) {
      if (!resident.channel) await this.#forsake(resident)
      throw error
    }
  }
}

/** what a model takes besides its state and what answers: counters, sums of drift, the objects themselves */
const besides = ({ inputs }: Settings): number => 24 * inputs + 32_768
