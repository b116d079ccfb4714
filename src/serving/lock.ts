import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PalimpsestError } from '../../bindings/errors.ts'
import { placeOf, startOf } from '../persistence/process.ts'

/** Who holds a lock. */
interface Owner {
  /** no other owner has or had it */
  readonly token: string
  /** for people */
  readonly host: string
  /** where its process's id means something */
  readonly place: string
  readonly pid: number
  /** of the process */
  readonly start: string
}

const PREFIX = '.owner-'
// in milliseconds: how often an owner shows that it lives, and how long one may be silent that cannot be asked
const BEAT = 5000
const SILENT = 30_000
// after which what says who an owner was is removed, should it be of no use even to one that stood still
const FORGOTTEN = 86_400_000

/**
 * Locks of files in a folder, among all processes that see it: `<file>.lock` is there while somebody has it, and says who.
 * What a process leaves that ended without giving it back is taken over by the next one: at once where that can tell,
 * and from another machine or container once the owner has been silent for 30 seconds.
 *
 * A lock is a link to one file that says who the owner is: it is there at once with all that it says, or not at all. And
 * all locks of an owner show by one write that it lives.
 */
export class Locks {
  // the last is what locks are links to: a file system gives one no more than some ten thousands
  readonly #files: string[] = []
  readonly #folder: string
  readonly #owner: Owner
  readonly #beats: NodeJS.Timeout

  private constructor(folder: string, owner: Owner) {
    this.#folder = folder
    this.#owner = owner
    this.#beats = setInterval(() => void this.#beat().catch(() => undefined), BEAT).unref()
  }

  /** @throws what the file system says */
  static async open(folder: string): Promise<Locks> {
    const token = randomBytes(8).toString('hex')
    const [place, start] = await Promise.all([placeOf(), startOf(process.pid)])
    const owner = { token, host: hostname(), place, pid: process.pid, start: start ?? '' }
    const locks = new Locks(folder, owner)
    await locks.#addFile()
    for (const name of await readdir(folder)) {
      if (!name.startsWith(PREFIX)) continue
      const other = await ownerOf(join(folder, name))
      // of one that is being written nothing is known yet
      if (!other || other.pid === 0) continue
      const silence = other.place === place ? 0 : FORGOTTEN
      if (!(await locks.#lives(other, join(folder, name), silence))) await rm(join(folder, name), { force: true })
    }
    return locks
  }

  /**
   * Returns whether it was left by a process that ended without giving it back.
   * @throws PalimpsestError `LOCKED`; what the file system says
   */
  async take(path: string): Promise<boolean> {
    return this.#take(`${path}.lock`, path)
  }

  /**
   * For who has taken it and is about to write: a process that stood still for so long that others thought it dead has lost it.
   * @throws PalimpsestError `LOCKED`
   */
  async check(path: string): Promise<void> {
    const lock = `${path}.lock`
    const owner = await ownerOf(lock)
    if (owner?.token === this.#owner.token) return
    if (owner) throw locked(path, lock, owner)
    throw new PalimpsestError('LOCKED', `${path} was taken over by another process while this one stood still`)
  }

  /** Gives back what was taken. */
  async release(path: string): Promise<void> {
    const lock = `${path}.lock`
    if ((await ownerOf(lock))?.token === this.#owner.token) await rm(lock, { force: true })
  }

  /** after the last release */
  async close(): Promise<void> {
    clearInterval(this.#beats)
    for (const file of this.#files) await rm(file, { force: true })
  }

  async #addFile(): Promise<void> {
    const number = this.#files.length === 0 ? '' : `-${this.#files.length}`
    const file = join(this.#folder, PREFIX + this.#owner.token + number)
    await writeFile(file, JSON.stringify(this.#owner), { flag: 'wx' })
    this.#files.push(file)
  }

  async #take(lock: string, path: string): Promise<boolean> {
    for (let left = false; ; ) {
      if (await this.#linked(lock)) return left
      const owner = await ownerOf(lock)
      if (!owner) continue
      if (await this.#lives(owner, lock)) throw locked(path, lock, owner)
      await this.#remove(lock, path, owner)
      left = true
    }
  }

  /** Only who holds the lock of an owner's lock may remove that: a second one then finds another owner there, or none. */
  async #remove(lock: string, path: string, { token }: Owner): Promise<void> {
    const guard = `${lock}.${token}`
    await this.#take(guard, path)
    try {
      if ((await ownerOf(lock))?.token === token) await rm(lock)
    } finally {
      await rm(guard, { force: true })
    }
  }

  /** @param file - says that it is the owner, and when it last showed that it lives */
  async #lives({ place, pid, start }: Owner, file: string, silence = SILENT): Promise<boolean> {
    if (place === this.#owner.place) return pid > 0 && (await startOf(pid)) === start
    try {
      const [last, now] = [(await stat(file)).mtimeMs, await this.#beat()]
      return now - last < silence
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  /** Shows that this owner lives. Returns when that was, by the clock of who keeps the files. */
  async #beat(): Promise<number> {
    let now = 0
    for (const path of this.#files) {
      // without emptying it first: it always says who the owner is
      const file = await open(path, 'r+')
      try {
        await file.write(JSON.stringify(this.#owner), 0)
        now = (await file.stat()).mtimeMs
      } finally {
        await file.close()
      }
    }
    return now
  }

  async #linked(lock: string): Promise<boolean> {
    const last = this.#files.at(-1) as string
    try {
      await link(last, lock)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return false
      if (code !== 'EMLINK') throw error
      // others may have come here meanwhile
      if (last === this.#files.at(-1)) await this.#addFile()
      return this.#linked(lock)
    }
  }
}

/** null when there is none */
async function ownerOf(lock: string): Promise<Owner | null> {
  try {
    const text = await readFile(lock, 'utf8')
    // what is no owner was cut off by a loss of power: nobody who runs now wrote it
    return parsed(text) ?? { token: 'none', host: hostname(), place: await placeOf(), pid: 0, start: '' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parsed(text: string): Owner | null {
  try {
    const { token, host, place, pid, start } = JSON.parse(text)
    const said = [token, host, place, start].every((value) => typeof value === 'string') && Number.isSafeInteger(pid)
    return said && /^[0-9a-f]+$/.test(token) && pid > 0 ? { token, host, place, pid, start } : null
  } catch {
    return null
  }
}

const locked = (path: string, lock: string, { host, pid }: Owner) =>
  new PalimpsestError(
    'LOCKED',
    `${path} is in use by process ${pid} of ${host}, as ${lock} says: close it there. Should that process be dead, ` +
      'wait for 30 seconds',
  )
