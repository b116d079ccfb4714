import { parentPort, workerData } from 'node:worker_threads'
import { type Job, type Progress, type RunRecord, run, type Sets } from './run.ts'

/** What a worker answers while it works on a job. */
export type Answer = { readonly progress: Progress } | { readonly record: RunRecord } | { readonly failure: string }

const port = parentPort
if (!port) throw new Error('this file runs as a worker')

port.on('message', (job: Job) => {
  const answer = (message: Answer) => port.postMessage(message)
  run(job, workerData as Sets, (progress) => answer({ progress })).then(
    (record) => answer({ record }),
    (error) => answer({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
