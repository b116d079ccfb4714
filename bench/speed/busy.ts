import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { NETS, type Net } from './inside.ts'
import { withinRounds } from './measure.ts'
import { type Beside, type Entry, figureOf, type Section, scaled } from './section.ts'
import { stepSubject } from './step.ts'
import { threadCounts } from './threads.ts'

const PROCESSES = 8
/** most that threads may cost where others take the processors: a share of one thread's time */
const MOST = 1.2

export function busy(counts: readonly number[] = threadCounts(), beside: Beside = spinning(PROCESSES)): Section {
  return {
    id: 'busy',
    title: `Steps beside ${PROCESSES} busy processes`,
    sentence: 'The ratio is the time of a step on several threads over that on one, in the same round.',
    entries: counts.flatMap((threads) => NETS.map((net) => busyEntry(net, threads))),
    beside,
  }
}

function busyEntry(net: Net, threads: number): Entry {
  const name = `busy/${net.name}/${net.batch}/${threads}`
  const subject = (name: string, threads: number) => stepSubject(name, net.sizes, net.batch, { threads, every: 1 })
  const one = subject(`busy/${net.name}/${net.batch}/1`, 1)
  return {
    name,
    subjects: [one, subject(name, threads)],
    figures: (samples) => [
      ...figureOf(name, scaled(samples, name, 1e6), { unit: 'us', better: 'lower' }),
      ...figureOf(
        `${name}/ratio`,
        withinRounds(samples, [one.name, name], (alone, together) => (together as number) / (alone as number)),
        { unit: 'ratio', better: 'lower', target: MOST },
      ),
    ],
  }
}

/** Processes that take whatever they can get, until they are ended or this process is gone. */
export function spinning(processes: number): Beside {
  return {
    rounds: 11,
    // beside them half a second, many slices
    sampleSeconds: 0.1,
    async start() {
      const children: ChildProcess[] = []
      const stop = async (): Promise<void> => {
        const ends = children.filter(running).map((child) => once(child, 'exit'))
        for (const child of children) child.kill('SIGKILL')
        await Promise.all(ends)
      }
      try {
        for (let index = 0; index < processes; index++) children.push(spinner())
        await Promise.all(children.map((child) => once(child.stdout as NodeJS.ReadableStream, 'data')))
      } catch (error) {
        await stop()
        throw error
      }
      return stop
    },
  }
}

const running = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

/** looks now and then whether its parent is still there */
const SPIN = `
const parent = process.ppid
console.log('spinning')
for (;;) {
  const until = Date.now() + 500
  while (Date.now() < until);
  if (process.ppid !== parent) process.exit()
}`

const spinner = (): ChildProcess => spawn(process.execPath, ['--eval', SPIN], { stdio: ['ignore', 'pipe', 'ignore'] })
