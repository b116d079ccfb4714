import { MultiBar, type SingleBar } from 'cli-progress'
import { accuracy, duration } from '../format.ts'
import { runAll, type Watcher } from './crew.ts'
import type { Job, Progress, RunRecord, Sets } from './run.ts'

const RESOLUTION = 1000

/** Runs jobs, and shows how they get on. */
export function runWatched(jobs: readonly Job[], sets: Sets, threads: number): Promise<RunRecord[]> {
  const watcher = watch(jobs, threads)
  return runAll(jobs, sets, threads, watcher).finally(() => watcher.stop())
}

/** On a terminal: a bar for everything and one a worker. Elsewhere: a line a finished run. Both on standard error. */
function watch(jobs: readonly Job[], threads: number): Watcher & { stop(): void } {
  return process.stderr.isTTY ? bars(jobs, threads) : lines(jobs)
}

function lines(jobs: readonly Job[]): Watcher & { stop(): void } {
  let count = 0
  return {
    started() {},
    progressed() {},
    stop() {},
    finished(_, { recipe, method, seed, after, seconds }) {
      const last = after.at(-1)
      const found = last ? `MNIST ${accuracy(last.mnist)}  Fashion-MNIST ${accuracy(last.fashion)}` : ''
      console.error(`${++count}/${jobs.length}  ${recipe} ${method} seed ${seed}: ${found}  (${duration(seconds)})`)
    },
  }
}

function bars(jobs: readonly Job[], threads: number): Watcher & { stop(): void } {
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
  const title = (text: string) => text.padEnd(38)
  const started = performance.now()
  const shares = new Array<number>(threads).fill(0)
  const all = multi.create(jobs.length * RESOLUTION, 0, { title: title(`all ${jobs.length} runs`), detail: '' })
  const rows: SingleBar[] = Array.from({ length: Math.min(threads, jobs.length) }, () =>
    multi.create(RESOLUTION, 0, { title: title(''), detail: '' }),
  )
  let finished = 0

  const total = () => {
    const done = finished + shares.reduce((sum, share) => sum + share, 0)
    const spent = (performance.now() - started) / 1000
    const detail = done > 0.1 ? `${duration((spent * (jobs.length - done)) / done)} left` : ''
    all.update(Math.floor(done * RESOLUTION), { detail: `${finished}/${jobs.length} done  ${detail}` })
  }
  const describe = ({ task, epoch, epochs, loss, accuracy: test }: Progress) =>
    `${task} epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  accuracy ${test === null ? '-' : accuracy(test)}`

  return {
    started(worker, { recipe, method, seed }) {
      rows[worker]?.update(0, { title: title(`${recipe} ${method} seed ${seed}`), detail: '' })
    },
    progressed(worker, progress) {
      shares[worker] = progress.done
      rows[worker]?.update(Math.floor(progress.done * RESOLUTION), { detail: describe(progress) })
      total()
    },
    finished(worker) {
      shares[worker] = 0
      finished++
      total()
    },
    stop: () => multi.stop(),
  }
}
