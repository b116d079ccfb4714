import { parentPort, workerData } from 'node:worker_threads'
import type { Answer } from './run.ts'

/** In a worker: does its job, and tells of it. */
export async function answerFor<Job, Shared, Progress, Result>(
  run: (job: Job, shared: Shared, report: (progress: Progress) => void) => Promise<Result>,
): Promise<void> {
  const { job, shared } = workerData as { readonly job: Job; readonly shared: Shared }
  const answer = (message: Answer<Progress, Result>) => parentPort?.postMessage(message)
  answer({ result: await run(job, shared, (progress) => answer({ progress })) })
}
