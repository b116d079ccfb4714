import type { Work } from '../crew/run.ts'
import { runWatched as watched } from '../crew/watch.ts'
import { accuracy } from '../format.ts'
import type { Job, Progress, RunRecord, Sets } from './run.ts'

/** Runs jobs, and shows how they get on. */
export const runWatched = (jobs: readonly Job[], sets: Sets, threads: number): Promise<RunRecord[]> =>
  watched(workOf(jobs, sets), threads)

export const workOf = (jobs: readonly Job[], sets: Sets): Work<Job, Sets, Progress, RunRecord> => ({
  worker: new URL('./worker.js', import.meta.url),
  jobs,
  shared: sets,
  title: ({ recipe, method, seed }) => `${recipe} ${method} seed ${seed}`,
  progress: ({ task, epoch, epochs, loss, accuracy: test }) =>
    `${task} epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  accuracy ${test === null ? '-' : accuracy(test)}`,
  result({ after }) {
    const last = after.at(-1)
    return last ? `MNIST ${accuracy(last.mnist)}  Fashion-MNIST ${accuracy(last.fashion)}` : ''
  },
})
