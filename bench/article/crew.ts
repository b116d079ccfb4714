import { Worker } from 'node:worker_threads'
import type { Job, Progress, RunRecord, Sets } from './run.ts'
import type { Answer } from './worker.ts'

/** Hears what becomes of the jobs; `worker` counts from 0. */
export interface Watcher {
  started(worker: number, job: Job): void
  progressed(worker: number, progress: Progress): void
  finished(worker: number, record: RunRecord): void
}

/**
 * Runs jobs in `threads` workers at once, each on a core of its own; the sets are shared, not copied. Records come back
 * in the order of the jobs, and do not depend on the number of workers.
 */
export async function runAll(
  jobs: readonly Job[],
  sets: Sets,
  threads: number,
  watcher: Watcher,
): Promise<RunRecord[]> {
  const records: RunRecord[] = []
  let next = 0
  const work = async (index: number) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: sets })
    try {
      for (let job = jobs[next]; job; job = jobs[next]) {
        const place = next++
        watcher.started(index, job)
        const record = await one(worker, job, (progress) => watcher.progressed(index, progress))
        records[place] = record
        watcher.finished(index, record)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, (_, index) => work(index)))
  return records
}

function one(worker: Worker, job: Job, progressed: (progress: Progress) => void): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', hear).off('error', fail).off('exit', leave)
      act()
    }
    const hear = (answer: Answer) => {
      if ('progress' in answer) progressed(answer.progress)
      else if ('record' in answer) settle(() => resolve(answer.record))
      else fail(new Error(`${job.recipe} ${job.method} seed ${job.seed}: ${answer.failure}`))
    }
    const fail = (error: Error) => settle(() => reject(error))
    const leave = () => fail(new Error(`${job.recipe} ${job.method} seed ${job.seed}: the worker ended`))
    worker.on('message', hear).on('error', fail).on('exit', leave)
    worker.postMessage(job)
  })
}
