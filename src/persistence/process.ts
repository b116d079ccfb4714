import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { promisify } from 'node:util'

// of /proc/<pid>/stat after the name, which may hold anything: state is the 3rd, the time of the start the 22nd
const STATE = 0
const START = 19

/**
 * Where an id means the same process: on Linux a boot of a machine, and a namespace of ids, which each container has;
 * elsewhere a machine's name.
 */
export async function placeOf(): Promise<string> {
  if (process.platform !== 'linux') return hostname()
  const [boot, ids] = await Promise.all([bootOf(), readlink('/proc/self/ns/pid')])
  return `${boot}/${ids}`
}

/** When a process started, as a text that no other with its id has; null when there is no such process. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return startOnLinux(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // there, of another user
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null
  }
  if (process.platform === 'win32') return 'running'
  // in words and hours that are the same for all who ask
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const told = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env }).catch(() => null)
  return told?.stdout.trim() || null
}

async function startOnLinux(pid: number): Promise<string | null> {
  try {
    const [stat, boot] = await Promise.all([readFile(`/proc/${pid}/stat`, 'latin1'), bootOf()])
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // ended, and only its parent has not asked yet how
    if (fields[STATE] === 'Z' || fields[STATE] === 'X') return null
    return `${boot}/${fields[START]}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}

const bootOf = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim()
