import { createHash, randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { placeOf, startOf } from './process.ts'

/** the name says in which place which process writes it, and when that began: ids of processes come again */
const TEMPORARY = /^\..+\.([0-9a-f]{8})-(\d+)-([0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/s

// in milliseconds: no write takes as long
const LONG = 3_600_000

// folders that this thread has swept: one with many files is not listed at every write
const swept = new Set<string>()

/**
 * A name beside a file for what is to replace it. The first time in a folder it removes what processes of this machine
 * left there that were killed while they wrote, and what those of other machines and containers wrote an hour ago or more.
 */
export async function temporaryFor(path: string): Promise<string> {
  const [folder, start] = [dirname(resolve(path)), await startOf(process.pid).catch(() => null)]
  if (start !== null && !swept.has(folder)) {
    swept.add(folder)
    // where it cannot be told who lives, or what is there, nothing is removed, and the write goes on
    await sweepLeft(folder).catch(() => undefined)
  }
  const writer = `${digest(await placeOf().catch(() => ''))}-${process.pid}-${digest(start ?? '')}`
  return join(folder, `.${basename(path)}.${writer}.${randomBytes(4).toString('hex')}.tmp`)
}

async function sweepLeft(folder: string): Promise<void> {
  const here = digest(await placeOf())
  for (const name of await readdir(folder)) {
    const [, where, pid, start] = TEMPORARY.exec(name) ?? []
    if (where === undefined) continue
    // another process may sweep too, and a file of another user may be kept
    const file = join(folder, name)
    const lives = where === here ? start === digest((await startOf(Number(pid))) ?? '') : await isRecent(file)
    if (!lives) await rm(file, { force: true }).catch(() => undefined)
  }
}

const isRecent = async (file: string): Promise<boolean> =>
  stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < LONG,
    () => true,
  )

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
