import { MultiBar, type SingleBar } from 'cli-progress'
import { duration } from '../format.ts'
import { type Done, runAll, type Watcher, type Work } from './run.ts'

const RESOLUTION = 1000

/** Runs jobs, and shows how they get on; `finished` hears of each as it ends. */
export function runWatched<Job, Shared, Progress extends Done, Result>(
  work: Work<Job, Shared, Progress, Result>,
  threads: number,
  finished: (result: Result, job: Job) => void = () => {},
): Promise<Result[]> {
  const watcher = watch(work, threads)
  const heard: Watcher<Job, Progress, Result> = {
    ...watcher,
    finished(seat, result, job) {
      finished(result, job)
      watcher.finished(seat, result, job)
    },
  }
  return runAll(work, threads, heard).finally(() => watcher.stop())
}

/** On a terminal: a bar for everything and one a worker. Elsewhere: a line a finished run. Both on standard error. */
function watch<Job, Shared, Progress extends Done, Result>(
  work: Work<Job, Shared, Progress, Result>,
  threads: number,
): Watcher<Job, Progress, Result> & { stop(): void } {
  return process.stderr.isTTY ? bars(work, threads) : lines(work)
}

function lines<Job, Shared, Progress, Result>(
  work: Work<Job, Shared, Progress, Result>,
): Watcher<Job, Progress, Result> & { stop(): void } {
  const started = performance.now()
  let count = 0
  return {
    started() {},
    progressed() {},
    stop() {},
    finished(_, result, job) {
      count++
      const spent = (performance.now() - started) / 1000
      const left = work.jobs.length - count
      const rest = left > 0 ? `, ${duration((spent * left) / count)} left` : ''
      console.error(
        `${count}/${work.jobs.length}  ${work.title(job)}: ${work.result(result)}  (after ${duration(spent)}${rest})`,
      )
    },
  }
}

function bars<Job, Shared, Progress extends Done, Result>(
  { jobs, title, progress: text }: Work<Job, Shared, Progress, Result>,
  threads: number,
): Watcher<Job, Progress, Result> & { stop(): void } {
  const multi = new MultiBar({
    format: '{title} |{bar}| {detail}',
    barsize: 24,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    stream: process.stderr,
  })
  const width = Math.max(38, ...jobs.map((job) => title(job).length))
  const started = performance.now()
  const shares = new Array<number>(threads).fill(0)
  const all = multi.create(jobs.length * RESOLUTION, 0, { title: `all ${jobs.length} runs`.padEnd(width), detail: '' })
  const rows: SingleBar[] = Array.from({ length: Math.min(threads, jobs.length) }, () =>
    multi.create(RESOLUTION, 0, { title: ''.padEnd(width), detail: '' }),
  )
  let finished = 0

  const total = () => {
    const done = finished + shares.reduce((sum, share) => sum + share, 0)
    const spent = (performance.now() - started) / 1000
    const detail = done > 0.1 ? `${duration((spent * (jobs.length - done)) / done)} left` : ''
    all.update(Math.floor(done * RESOLUTION), { detail: `${finished}/${jobs.length} done  ${detail}` })
  }
  return {
    started(seat, job) {
      rows[seat]?.update(0, { title: title(job).padEnd(width), detail: '' })
    },
    progressed(seat, progress) {
      shares[seat] = progress.done
      rows[seat]?.update(Math.floor(progress.done * RESOLUTION), { detail: text(progress) })
      total()
    },
    finished(seat) {
      shares[seat] = 0
      finished++
      total()
    },
    stop: () => multi.stop(),
  }
}
