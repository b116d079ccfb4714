import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { whole } from '../continual/checks.ts'
import { ContinualClassifier, maxPendingOf } from './classifier.ts'
import { Locks } from './lock.ts'
import { type How, Residents } from './residents.ts'
import { invalid, settingsOf } from './settings.ts'
import { fileOf } from './tenants.ts'
import type { ClassifierOptions, RunOptions, StoreReport } from './types.ts'

const BUDGET = 512 * 2 ** 20
const MOST_WORKERS = 256

/** What a {@link ClassifierStore} is opened with: what each tenant's classifier is made with, and how they run. */
export interface StoreOptions extends ClassifierOptions, RunOptions {
  /** bytes that the models in memory may take together, default 512 MB */
  readonly budget?: number
  /** threads that all models share, default one less than there are processors, and at least 1 */
  readonly workers?: number
}

/**
 * A classifier for each of many tenants, in a folder: one file each, a few in memory, all of them in the same few threads.
 * What nobody has open leaves when memory is needed, saved, the one that was used longest ago first.
 *
 * A tenant's calls are done in their order, and tenants take turns. A tenant is open in one process at a time.
 */
export class ClassifierStore {
  readonly #folder: string
  readonly #residents: Residents
  #closing: Promise<void> | null = null

  private constructor(folder: string, residents: Residents) {
    this.#folder = folder
    this.#residents = residents
  }

  /**
   * Opens a folder, which is made when it is missing, and starts the threads.
   * @throws PalimpsestError `INVALID_ARGUMENT`, `PRIVACY` as `ContinualClassifier.create`; what the file system says
   */
  static async open(folder: string, options: StoreOptions): Promise<ClassifierStore> {
    if (typeof folder !== 'string' || folder === '') throw invalid('folder is no path')
    const how = howOf(options)
    await mkdir(folder, { recursive: true })
    return new ClassifierStore(resolve(folder), new Residents(how, await Locks.open(folder)))
  }

  /**
   * The classifier of a tenant: from memory, from its file, or a new one, which has no file until it is saved. All that have
   * the same tenant open have the same classifier; `close` gives it back, and it stays in memory until room is needed. Where
   * the file allows it, `predict` answers before the rest is read: that is done, and checked, before the first other call,
   * which throws `STATE_MALFORMED` then, `STATE_MISMATCH` for a file that was replaced, or `STATE_MISSING`.
   * @param tenant - any text of 1 to 128 characters
   * @throws PalimpsestError `LOCKED` when another process or store has it open; `OVERLOADED` when those that are open leave
   * no room; `STATE_MISMATCH` for one that was made with other options; `INVALID_ARGUMENT`, `CLOSED`; as
   * `ContinualClassifier.load`
   */
  async open(tenant: string): Promise<ContinualClassifier> {
    const path = this.#pathOf(tenant)
    const lease = await this.#residents.lease(path)
    return new ContinualClassifier(lease, path, () => this.#residents.release(lease))
  }

  /**
   * Deletes all that is kept of a tenant, also what a crash left half written. Returns whether there was a file.
   * @throws PalimpsestError `LOCKED` while it is open, here or elsewhere; `INVALID_ARGUMENT`, `CLOSED`
   */
  async remove(tenant: string): Promise<boolean> {
    return this.#residents.remove(this.#pathOf(tenant))
  }

  /** What is in memory now, and what was done since the store was opened. */
  report(): StoreReport {
    return this.#residents.report()
  }

  /**
   * Saves all that changed, once what waits is done, and ends the threads. Where something cannot be saved, it and the
   * threads are kept, and `close` may be called again.
   * @throws what the file system says of the first that could not be saved
   */
  close(): Promise<void> {
    this.#closing ??= this.#residents.end().catch((error: unknown) => {
      this.#closing = null
      throw error
    })
    return this.#closing
  }

  /** `close`, for `await using` */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #pathOf(tenant: string): string {
    return join(this.#folder, fileOf(tenant))
  }
}

/** @throws PalimpsestError `INVALID_ARGUMENT`, `PRIVACY` */
function howOf(options: StoreOptions): How {
  const { budget = BUDGET, workers = Math.max(1, availableParallelism() - 1), maxPending, ...rest } = options
  return {
    settings: settingsOf(rest),
    encoder: rest.encoder,
    maxPending: maxPendingOf(maxPending === undefined ? {} : { maxPending }),
    budget: whole('budget', budget, 1, Number.MAX_SAFE_INTEGER),
    workers: whole('workers', workers, 1, MOST_WORKERS),
  }
}
