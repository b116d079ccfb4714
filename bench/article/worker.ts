import { parentPort, workerData } from 'node:worker_threads'
import { type Job, type Progress, type RunRecord, run, type Sets } from './run.ts'

/** What a worker is given: one job, and the sets, whose memory it shares. */
export interface Assignment {
  readonly job: Job
  readonly sets: Sets
}

/** What it answers. */
export type Answer = { readonly progress: Progress } | { readonly record: RunRecord }

const { job, sets } = workerData as Assignment
const answer = (message: Answer) => parentPort?.postMessage(message)

answer({ record: await run(job, sets, (progress) => answer({ progress })) })
