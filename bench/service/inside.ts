import { performance } from 'node:perf_hooks'
import { ContinualClassifier } from '../../src/serving/classifier.ts'
import { median } from '../format.ts'
import type { Figure } from '../report.ts'
import { uniform } from '../speed/inside.ts'
import { quantile } from '../speed/section.ts'
import { delayOf, rateOf } from './delay.ts'
import { Feed } from './feed.ts'

const INPUTS = 784
const HIDDEN = [1000, 1000]
export const NET: string = [INPUTS, ...HIDDEN].join('-')
export const ROWS = 100
export const LARGE = 32
/** the issue's: on two processors, with the big network training at full speed */
export const MOST_DELAY = 5
/** the design's: between two publications */
const LEAST_INTERVAL = 20

const common = { n: 1, std: 0 } as const

/** A classifier in this process: how late its event loop is, and how much it predicts, idle and while it learns. */
export async function inside(seconds: number, step: (name: string) => void): Promise<Figure[]> {
  await using classifier = await ContinualClassifier.create({
    inputs: INPUTS,
    model: { kind: 'network', hidden: HIDDEN, batchSize: ROWS },
  })
  const x = uniform(ROWS * INPUTS, 1)
  const labels = Array.from({ length: ROWS }, (_, row) => `class ${row % 10}`)
  const learn = () => classifier.learn(x, labels)
  await learn()
  const [one, many] = [x.subarray(0, INPUTS), x.subarray(0, LARGE * INPUTS)]
  const works = {
    nothing: [() => {}, Number.POSITIVE_INFINITY],
    'single-rows': [() => classifier.predict(one), 5],
    [`batches-of-${LARGE}`]: [() => classifier.predictRows(many), 50],
  } as const
  const figures: Figure[] = []

  const look = async (state: 'idle' | 'training') => {
    const target = state === 'training' ? { target: MOST_DELAY } : {}
    for (const [name, [turn, every]] of Object.entries(works)) {
      step(`${state}, predicting ${name}`)
      const { p50, p99, most, timer } = await delayOf(seconds, turn as () => void, every as number)
      const path = `service/delay/${NET}/${state}/${name}`
      const ms = { ...common, unit: 'ms', better: 'lower' } as const
      figures.push(
        { ...ms, name: `${path}/p50`, value: p50 },
        { ...ms, ...target, name: `${path}/p99`, value: p99, params: { most } },
        { ...ms, ...target, name: `${path}/timer-p99`, value: timer },
      )
    }
    for (const [name, rows, batch] of [
      ['single-rows', 1, one],
      [`batches-of-${LARGE}`, LARGE, many],
    ] as const) {
      step(`${state}, predictions a second`)
      const value = rows * (await rateOf(seconds / 2, () => classifier.predictRows(batch)))
      figures.push({
        ...common,
        name: `service/predictions/${NET}/${state}/${name}`,
        value,
        unit: 'rows/s',
        better: 'higher',
      })
    }
  }

  await look('idle')
  step('learn, one call at a time')
  figures.push(await roundTrip(seconds, learn))
  const feed = new Feed(learn, 4)
  const before = { steps: classifier.sequence, at: performance.now() }
  await look('training')
  const steps = (1000 * (classifier.sequence - before.steps)) / (performance.now() - before.at)
  figures.push({ ...common, name: `service/learn/${NET}/steps`, value: steps, unit: 'steps/s', better: 'higher' })
  step('publications')
  figures.push(await publications(classifier, seconds))
  await feed.stop()
  return figures
}

async function roundTrip(seconds: number, learn: () => Promise<unknown>): Promise<Figure> {
  const times: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const began = performance.now()
    await learn()
    times.push(performance.now() - began)
  }
  const params = { p99: quantile(times, 0.99), rows: ROWS }
  const name = `service/learn/${NET}/round-trip`
  return { name, value: median(times), unit: 'ms', n: times.length, std: 0, better: 'lower', params }
}

/** the time between two changes of what predictions know, of which a twentieth is shorter than what is told */
async function publications(classifier: ContinualClassifier, seconds: number): Promise<Figure> {
  const times: number[] = []
  let last = classifier.sequence
  const timer = setInterval(() => {
    if (classifier.sequence === last) return
    last = classifier.sequence
    times.push(performance.now())
  }, 1)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  clearInterval(timer)
  const between = times.slice(1).map((time, index) => time - (times[index] as number))
  return {
    name: `service/publish/${NET}/interval`,
    value: median(between),
    unit: 'ms',
    n: between.length,
    std: 0,
    better: 'higher',
    target: LEAST_INTERVAL,
    params: { p5: quantile(between, 0.05) },
  }
}

/** calls of `step` that {@link inside} makes */
export const INSIDE_STEPS = 12
