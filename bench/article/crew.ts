import { Worker } from 'node:worker_threads'
import { MOST_THREADS } from '../../bindings/native.ts'
import { threads as kernelThreads } from '../../src/tensor/threads.ts'
import type { Job, Progress, RunRecord, Sets } from './run.ts'
import type { Answer, Assignment } from './worker.ts'

/** Hears what becomes of the jobs; `seat` counts the jobs that go on at once, from 0. */
export interface Watcher {
  started(seat: number, job: Job): void
  progressed(seat: number, progress: Progress): void
  finished(seat: number, record: RunRecord): void
}

/**
 * Runs jobs, up to `threads` at once, each in a worker of its own whose memory goes with it; the sets are shared, not
 * copied. Threads that have no job of their own help with the kernels of the others. Records come in the order of the
 * jobs, and do not depend on the number of threads.
 */
export async function runAll(
  jobs: readonly Job[],
  sets: Sets,
  threads: number,
  watcher: Watcher,
): Promise<RunRecord[]> {
  const records: RunRecord[] = []
  let next = 0
  const work = async (seat: number) => {
    for (let job = jobs[next]; job; job = jobs[next]) {
      const place = next++
      watcher.started(seat, job)
      const record = await assign({ job, sets }, (progress) => watcher.progressed(seat, progress))
      records[place] = record
      watcher.finished(seat, record)
    }
  }
  const atOnce = Math.min(jobs.length, threads)
  const before = kernelThreads()
  kernelThreads(kernelThreadsFor(jobs.length, threads))
  try {
    await Promise.all(Array.from({ length: atOnce }, (_, seat) => work(seat)))
  } finally {
    kernelThreads(before)
  }
  return records
}

/** what each of the jobs that go on at once has for a kernel; the count is the process's, so its main thread sets it */
export const kernelThreadsFor = (jobs: number, threads: number): number =>
  Math.min(MOST_THREADS, Math.max(1, Math.floor(threads / Math.max(1, Math.min(jobs, threads)))))

function assign(assignment: Assignment, progressed: (progress: Progress) => void): Promise<RunRecord> {
  const { recipe, method, seed } = assignment.job
  return new Promise((resolve, reject) => {
    let record: RunRecord | null = null
    new Worker(new URL('./worker.js', import.meta.url), { workerData: assignment })
      .on('message', (answer: Answer) => {
        if ('progress' in answer) progressed(answer.progress)
        else record = answer.record
      })
      .on('error', (error) => reject(new Error(`${recipe} ${method} seed ${seed} failed`, { cause: error })))
      .on('exit', () => (record ? resolve(record) : reject(new Error(`${recipe} ${method} seed ${seed} ended early`))))
  })
}
