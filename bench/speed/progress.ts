import { SingleBar } from 'cli-progress'
import { duration } from '../format.ts'

export interface Progress {
  /** one more sample of a subject */
  step(name: string): void
  stop(): void
}

/** On a terminal a bar, elsewhere a line every tenth of the samples. Both on standard error. */
export function progressOf(title: string, samples: number): Progress {
  return process.stderr.isTTY ? bar(title, samples) : lines(title, samples)
}

function lines(title: string, samples: number): Progress {
  const started = performance.now()
  let done = 0
  return {
    step() {
      done++
      const tenth = (share: number) => Math.floor((10 * share) / samples)
      if (tenth(done) > tenth(done - 1)) console.error(`${title}: ${tenth(done)}0 % after ${since(started)}`)
    },
    stop() {},
  }
}

function bar(title: string, samples: number): Progress {
  const started = performance.now()
  const single = new SingleBar({
    format: `${title} |{bar}| {value}/{total}  {left}  {name}`,
    barsize: 24,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  })
  single.start(samples, 0, { left: '', name: '' })
  let done = 0
  return {
    step(name) {
      done++
      const spent = (performance.now() - started) / 1000
      single.update(done, { name: name.slice(0, 44), left: `${duration((spent * (samples - done)) / done)} left` })
    },
    stop: () => single.stop(),
  }
}

export const since = (started: number): string => duration((performance.now() - started) / 1000)
