import { rm } from 'node:fs/promises'
import { PalimpsestError } from '../../bindings/errors.ts'
import { Budget } from './budget.ts'
import { Channel } from './channel.ts'
import { sizeOf, sweep } from './files.ts'
import { Lease } from './lease.ts'
import type { Locks } from './lock.ts'
import { Pool } from './pool.ts'
import { Resident } from './resident.ts'
import { Room } from './room.ts'
import type { Settings } from './settings.ts'
import type { StoreReport } from './types.ts'

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
  readonly #room: Room
  readonly #counts = { hits: 0, misses: 0, waits: 0 }
  // bytes of a new one, once that is known
  #fresh = 0
  #ended = false

  constructor(how: How, locks: Locks) {
    this.#how = how
    this.#locks = locks
    this.#budget = new Budget(how.budget)
    this.#pool = new Pool(how.workers)
    this.#room = new Room(this.#residents, this.#budget, {
      // one that could not leave is asked to again by who comes for it
      forsake: (one) => void this.#leaving(one, this.#forsake(one)).catch(() => undefined),
      leave: (one) => this.#leave(one),
    })
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
      if (!this.#ended) this.#room.prepare()
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
    if (!this.#ended) this.#room.prepare()
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
    const all = [...this.#residents.values()].filter(({ gone }) => !gone)
    const held = all.filter((resident) => resident.held).length
    const { bytes, limit } = this.#budget
    return { residents: all.length, held, bytes, budget: limit, evictions: this.#room.evictions, ...this.#counts }
  }

  /** see `ClassifierStore.close` */
  async end(): Promise<void> {
    this.#ended = true
    await this.#room.quiet
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
    const resident = new Resident(path, this.#budget, this.#locks, besides(this.#how.settings))
    this.#residents.set(path, resident)
    return resident
  }

  async #start(resident: Resident): Promise<void> {
    const { path } = resident
    const { settings, encoder, maxPending } = this.#how
    resident.starting = true
    let waited = false
    try {
      const left = await this.#locks.take(path)
      resident.locked = true
      if (left) await sweep(path)
      const size = await sizeOf(path)
      resident.expected = size ?? this.#fresh
      waited = await this.#fit(resident)
      const channel = new Channel(this.#pool.host(), maxPending)
      resident.channel = channel
      if (size === null) await resident.ask('create', { settings })
      else await resident.ask('open', { path, encoder, settings })
      resident.expected = 0
      if (size === null) this.#fresh = resident.bytes
      waited = (await this.#fit(resident)) || waited
    } catch (error) {
      await this.#forsake(resident)
      throw error
    } finally {
      resident.starting = false
      this.#counts.waits += Number(waited)
    }
  }

  /**
   * Makes others leave until all that is here fits. Returns whether it waited for one to be saved.
   * @throws PalimpsestError `OVERLOADED`; what keeps one from leaving
   */
  async #fit(resident: Resident): Promise<boolean> {
    this.#budget.count(resident)
    this.#checkHeld()
    const waited = await this.#room.make()
    this.#checkHeld()
    return waited
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

  /** Takes it out of memory, saved. Where that fails it stays. */
  #leave(resident: Resident): Promise<void> {
    const left = async () => {
      await resident.save().catch(async (error: unknown) => {
        // what is in no thread any more cannot be saved
        if (resident.dead) return
        // nor what is another's: it leaves, and who asked is told
        if ((error as PalimpsestError).code === 'LOCKED') await this.#forsake(resident)
        throw error
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
    await resident.written()
    if (resident.locked) await this.#locks.release(resident.path)
    this.#residents.delete(resident.path)
  }

  async #removed(resident: Resident): Promise<boolean> {
    const { path } = resident
    try {
      await resident.written()
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
