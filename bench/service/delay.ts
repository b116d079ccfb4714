import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** How late the event loop was, in milliseconds. */
export interface Delay {
  readonly p50: number
  readonly p99: number
  readonly most: number
  /** the same p99 by a plain timer of 1 ms: how much later than asked it fired */
  readonly timer: number
}

const RESOLUTION = 1

/** The delay over some seconds, while `turn` is called about every so many milliseconds. */
export async function delayOf(
  seconds: number,
  turn: () => void,
  every: number = Number.POSITIVE_INFINITY,
): Promise<Delay> {
  const late: number[] = []
  let due = performance.now() + RESOLUTION
  const timer = setInterval(() => {
    const now = performance.now()
    late.push(Math.max(0, now - due))
    due = now + RESOLUTION
  }, RESOLUTION)
  const work = Number.isFinite(every) ? setInterval(turn, every) : undefined
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  histogram.disable()
  clearInterval(timer)
  clearInterval(work)
  // the histogram holds the time between two turns of its own timer
  const of = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION)
  late.sort((a, b) => a - b)
  return {
    p50: of(histogram.percentile(50)),
    p99: of(histogram.percentile(99)),
    most: of(histogram.max),
    timer: late[Math.floor(0.99 * late.length)] ?? 0,
  }
}

/** How many times a second `work` can be done, other events having their turn in between. */
export async function rateOf(seconds: number, work: () => void): Promise<number> {
  const began = performance.now()
  let [count, spent] = [0, 0]
  while (spent < seconds) {
    for (let index = 0; index < 8; index++) work()
    count += 8
    await nextTurn()
    spent = (performance.now() - began) / 1000
  }
  return count / spent
}
