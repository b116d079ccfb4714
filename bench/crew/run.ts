import { Worker } from 'node:worker_threads'
import { MOST_THREADS } from '../../bindings/native.ts'
import { threads as kernelThreads } from '../../src/tensor/threads.ts'

/** Many jobs of one kind: what does them, what they share, and how to speak of them. */
export interface Work<Job, Shared, Progress, Result> {
  /** a module that calls `answerFor` with how a job is done */
  readonly worker: URL
  readonly jobs: readonly Job[]
  /** handed to every worker; shared memory in it is not copied */
  readonly shared: Shared
  /** what a job is called, in a few words */
  title(job: Job): string
  /** how far a job is, in a few words */
  progress(progress: Progress): string
  /** what it found, in a few words */
  result(result: Result): string
}

/** What every progress says. */
export interface Done {
  /** share of the whole job */
  readonly done: number
}

/** Hears what becomes of the jobs; `seat` counts the jobs that go on at once, from 0. */
export interface Watcher<Job, Progress, Result> {
  started(seat: number, job: Job): void
  progressed(seat: number, progress: Progress): void
  finished(seat: number, result: Result, job: Job): void
}

/**
 * Runs jobs, up to `threads` at once, each in a worker of its own whose memory goes with it; what is shared is not copied.
 * Threads that have no job of their own help with the kernels of the others. Results come in the order of the jobs, and
 * do not depend on the number of threads.
 */
export async function runAll<Job, Shared, Progress extends Done, Result>(
  work: Work<Job, Shared, Progress, Result>,
  threads: number,
  watcher: Watcher<Job, Progress, Result>,
): Promise<Result[]> {
  const { jobs } = work
  const results: Result[] = []
  let next = 0
  const sit = async (seat: number) => {
    for (let job = jobs[next]; job !== undefined; job = jobs[next]) {
      const place = next++
      watcher.started(seat, job)
      const result = await assign(work, job, (progress) => watcher.progressed(seat, progress))
      results[place] = result
      watcher.finished(seat, result, job)
    }
  }
  const atOnce = Math.min(jobs.length, threads)
  const before = kernelThreads()
  kernelThreads(kernelThreadsFor(jobs.length, threads))
  try {
    await Promise.all(Array.from({ length: atOnce }, (_, seat) => sit(seat)))
  } finally {
    kernelThreads(before)
  }
  return results
}

/** what each of the jobs that go on at once has for a kernel; the count is the process's, so its main thread sets it */
export const kernelThreadsFor = (jobs: number, threads: number): number =>
  Math.min(MOST_THREADS, Math.max(1, Math.floor(threads / Math.max(1, Math.min(jobs, threads)))))

/** What a worker answers. */
export type Answer<Progress, Result> = { readonly progress: Progress } | { readonly result: Result }

function assign<Job, Shared, Progress, Result>(
  { worker, shared, title }: Work<Job, Shared, Progress, Result>,
  job: Job,
  progressed: (progress: Progress) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let found: { readonly result: Result } | null = null
    new Worker(worker, { workerData: { job, shared } })
      .on('message', (answer: Answer<Progress, Result>) => {
        if ('progress' in answer) progressed(answer.progress)
        else found = answer
      })
      .on('error', (error) => reject(new Error(`${title(job)} failed`, { cause: error })))
      .on('exit', () => (found ? resolve(found.result) : reject(new Error(`${title(job)} ended early`))))
  })
}
