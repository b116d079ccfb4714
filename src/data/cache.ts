import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** A temporary file this old, in milliseconds, belongs to a process that died while writing it. */
const ABANDONED = 3_600_000

/**
 * The folder that sets are kept in: `PALIMPSEST_DATA` if it is set, else `palimpsest` in the platform's cache folder
 * (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `LOCALAPPDATA` on Windows).
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  return env.PALIMPSEST_DATA ? resolve(env.PALIMPSEST_DATA) : join(platformCache(env, platform), 'palimpsest')
}

/**
 * Writes a file so that a reader, at any time, finds it whole or not at all: into a temporary file beside it, then
 * renamed. Two processes may write the same file at once; the later rename wins.
 */
export async function writeAtomically(folder: string, file: string, parts: readonly Uint8Array[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await removeAbandoned(folder, file)
  const temporary = join(folder, `${prefixOf(file)}${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(temporary, 'wx')
    try {
      for (const part of parts) await handle.writeFile(part)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, join(folder, file))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function platformCache(env: Readonly<Record<string, string | undefined>>, platform: string): string {
  if (platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA
  const home = homeFolder(env)
  if (platform === 'win32') return join(home, 'AppData', 'Local')
  if (platform === 'darwin') return join(home, 'Library', 'Caches')
  // the XDG specification has relative paths ignored
  const xdg = env.XDG_CACHE_HOME
  return xdg && isAbsolute(xdg) ? xdg : join(home, '.cache')
}

function homeFolder(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return env.HOME || homedir()
  } catch {
    // a user without an entry in the system's list, as in some containers
    return tmpdir()
  }
}

function prefixOf(file: string): string {
  return `.${file}.tmp-`
}

async function removeAbandoned(folder: string, file: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefixOf(file))) continue
    const path = join(folder, name)
    // another process may remove it first
    const modified = await stat(path).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - modified > ABANDONED) await rm(path, { force: true })
  }
}
