import { Worker } from 'node:worker_threads'
import type { Job, Progress, RunRecord, Sets } from './run.ts'
import type { Answer, Assignment } from './worker.ts'

/** Hears what becomes of the jobs; `seat` counts the jobs that go on at once, from 0. */
export interface Watcher {
  started(seat: number, job: Job): void
  progressed(seat: number, progress: Progress): void
  finished(seat: number, record: RunRecord): void
}

/**
 * Runs jobs, `threads` at once, each in a worker of its own whose memory goes with it; the sets are shared, not copied.
 * Records come in the order of the jobs, and do not depend on the number of threads.
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
  await Promise.all(Array.from({ length: threads }, (_, seat) => work(seat)))
  return records
}

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
