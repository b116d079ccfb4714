import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PalimpsestError } from '../../bindings/errors.ts'
import { startOf } from '../persistence/process.ts'

/** Who holds a lock. */
interface Owner {
  /** no other owner has or had it */
  readonly token: string
  readonly host: string
  readonly pid: number
  /** of the process */
  readonly start: string
}

const PREFIX = '.owner-'

/**
 * Locks of files in a folder, among processes of one machine and within one: `<file>.lock` is there while somebody has it,
 * and says who. What a process leaves that ended without giving it back is taken over by the next one.
 *
 * A lock is a link to one file that says who the owner is: it is there at once with all that it says, or not at all.
 */
export class Locks {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /** @throws what the file system says */
  static async open(folder: string): Promise<Locks> {
    const token = randomBytes(8).toString('hex')
    const owner = { token, host: hostname(), pid: process.pid, start: (await startOf(process.pid)) ?? '' }
    for (const name of await readdir(folder)) {
      if (!name.startsWith(PREFIX)) continue
      const other = await ownerOf(join(folder, name))
      // of one that is being written nothing is known yet
      if (other && other.pid > 0 && !(await lives(other))) await rm(join(folder, name), { force: true })
    }
    const file = join(folder, PREFIX + token)
    await writeFile(file, JSON.stringify(owner), { flag: 'wx' })
    return new Locks(file)
  }

  /**
   * Returns whether it was left by a process that ended without giving it back.
   * @throws PalimpsestError `LOCKED`; what the file system says
   */
  async take(path: string): Promise<boolean> {
    return this.#take(`${path}.lock`, path)
  }

  /** Gives back what was taken. */
  async release(path: string): Promise<void> {
    await rm(`${path}.lock`, { force: true })
  }

  /** after the last release */
  async close(): Promise<void> {
    await rm(this.#file, { force: true })
  }

  async #take(lock: string, path: string): Promise<boolean> {
    for (let left = false; ; ) {
      if (await linked(this.#file, lock)) return left
      const owner = await ownerOf(lock)
      if (!owner) continue
      if (await lives(owner)) throw locked(path, lock, owner)
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
}

async function linked(file: string, lock: string): Promise<boolean> {
  try {
    await link(file, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** null when there is none */
async function ownerOf(lock: string): Promise<Owner | null> {
  try {
    const text = await readFile(lock, 'utf8')
    // what is no owner was cut off by a loss of power: nobody who runs now wrote it
    return parsed(text) ?? { token: 'none', host: hostname(), pid: 0, start: '' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parsed(text: string): Owner | null {
  try {
    const { token, host, pid, start } = JSON.parse(text)
    const said = [token, host, start].every((value) => typeof value === 'string') && Number.isSafeInteger(pid)
    return said && /^[0-9a-f]+$/.test(token) && pid > 0 ? { token, host, pid, start } : null
  } catch {
    return null
  }
}

/** of another machine nobody can tell: it may */
const lives = async ({ host, pid, start }: Owner): Promise<boolean> =>
  host !== hostname() || (pid > 0 && (await startOf(pid)) === start)

const locked = (path: string, lock: string, { host, pid }: Owner) =>
  new PalimpsestError(
    'LOCKED',
    `${path} is in use by process ${pid} of ${host}: close it there. Should that machine be gone, remove ${lock}`,
  )
