import { existsSync, readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The process after a collection of garbage. */
export interface Look {
  readonly seconds: number
  readonly rounds: number
  /** in bytes */
  readonly rss: number
  /** of typed arrays, in bytes */
  readonly arrays: number
  /** what keeps the event loop alive: timers, ports, files */
  readonly handles: number
  /** 0 where the system does not tell */
  readonly threads: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const TASKS = '/proc/self/task'

/** Takes a turn of the event loop between two collections: what the first let go of is freed by the second. */
export async function look(seconds: number, rounds: number): Promise<Look> {
  collect()
  await new Promise<void>((resume) => setImmediate(resume))
  collect()
  const { rss, arrayBuffers } = process.memoryUsage()
  const threads = existsSync(TASKS) ? readdirSync(TASKS).length : 0
  return { seconds, rounds, rss, arrays: arrayBuffers, handles: process.getActiveResourcesInfo().length, threads }
}
