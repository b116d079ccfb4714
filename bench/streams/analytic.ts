import { createHash } from 'node:crypto'
import { Analytic } from '../../src/continual/analytic.ts'
import { batches } from '../../src/data/batches.ts'
import { protocolOf } from './protocols.ts'
import type { Found, Job, Progress } from './run.ts'
import { type Raw, tasksOf } from './tasks.ts'

const FEATURES = 2000
const CHUNK = 1000

/**
 * Learns in closed form. Where a label means something else in every task, or looks different, the classes of different
 * tasks are told apart while learning, and only the label is asked for.
 */
export async function runAnalytic(job: Job, raw: Raw, report: (progress: Progress) => void): Promise<Found> {
  const { scenario, settings, seed, part } = job
  const stream = tasksOf(protocolOf(job.protocol), scenario, seed, raw, part)
  const [{ features: inputs, classes: size }] = stream as [(typeof stream)[number]]
  const { features = FEATURES, ridge, head, classPerTask = true } = settings
  const learner = new Analytic({ inputs, features, seed, ...(ridge !== undefined && { ridge }), ...(head && { head }) })
  const apart = scenario !== 'class' && (scenario === 'task' || classPerTask)
  const tests = stream.map((task) => task.test())
  const judge = (task: number): number => {
    const set = tests[task] as (typeof tests)[number]
    const among = scenario === 'task' ? { among: Array.from({ length: size }, (_, i) => task * size + i) } : {}
    let correct = 0
    for (const { x, y } of batches(set, { size: CHUNK, reuse: true }))
      learner.predict(x, among).labels.forEach((label, row) => {
        correct += Number((apart ? label % size : label) === y[row])
      })
    return correct / set.count
  }
  const accuracy: number[][] = []
  const before: number[] = []
  for (const [task, { train }] of stream.entries()) {
    for (const { x, y } of batches(train(), { size: CHUNK, reuse: true }))
      learner.learn(x, apart ? Uint16Array.from(y, (label) => task * size + label) : y)
    accuracy.push(tests.slice(0, task + 1).map((_, j) => judge(j)))
    if (scenario === 'domain' && task < stream.length - 1) before.push(judge(task + 1))
    report({ task, loss: Number.NaN, done: (task + 1) / stream.length })
    await new Promise<void>((resume) => setImmediate(resume))
  }
  const { arrays } = learner.state()
  const hash = createHash('sha256')
  for (const array of Object.values(arrays)) hash.update(array)
  return {
    accuracy,
    before,
    untrained: [],
    stateBytes: learner.bytes,
    storesSamples: false,
    weights: hash.digest('hex'),
  }
}
