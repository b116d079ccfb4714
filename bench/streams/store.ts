import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Job, RunRecord } from './run.ts'

/** Finished runs, a line each, in a file beside the report: what an interrupted bench goes on from. */
export interface Store {
  /** the record of such a job, if it was finished before */
  find(job: Job): RunRecord | undefined
  keep(record: RunRecord): void
  /** the report is written: nothing is left to go on from */
  remove(): void
}

const NOTHING: Store = { find: () => undefined, keep() {}, remove() {} }

/** @param json - the report's file; without one nothing is kept */
export function storeOf(json: string | undefined): Store {
  if (json === undefined) return NOTHING
  const file = `${json}.runs`
  const found = new Map<string, RunRecord>()
  if (existsSync(file))
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const record = parsed(line)
      if (record) found.set(keyOf(record), record)
    }
  return {
    find: (job) => found.get(keyOf(job)),
    keep(record) {
      mkdirSync(dirname(file), { recursive: true })
      appendFileSync(file, `${JSON.stringify(record)}\n`)
    },
    remove: () => rmSync(file, { force: true }),
  }
}

/** null for a line that an interruption cut short */
function parsed(line: string): RunRecord | null {
  try {
    return JSON.parse(line) as RunRecord
  } catch {
    return null
  }
}

/** by everything that decides a run */
export function keyOf({ protocol, scenario, method, settings, seed, part, share }: Job): string {
  const options = Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([protocol, scenario, method, options, seed, part, share]))
    .digest('hex')
}
