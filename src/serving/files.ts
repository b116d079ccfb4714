import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../persistence/file.ts'

/** null when there is no file */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Removes what a process that was killed had written of a file, durably as all that was removed before. */
export async function sweep(path: string): Promise<void> {
  const within = dirname(path)
  const prefix = `.${basename(path)}.`
  for (const name of await readdir(within)) if (name.startsWith(prefix)) await rm(join(within, name), { force: true })
  await syncFolder(within)
}
