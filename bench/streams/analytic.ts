import { createHash } from 'node:crypto'
import { Analytic } from '../../src/continual/analytic.ts'
import { AnalyticExperts } from '../../src/continual/experts.ts'
import { batches } from '../../src/data/batches.ts'
import { protocolOf } from './protocols.ts'
import type { Found, Job, Progress } from './run.ts'
import { judgesEndAlone, type Raw, tasksOf } from './tasks.ts'

const FEATURES = 2000
const CHUNK = 1000

/** What learns in closed form, as a stream drives it; labels are those of the task. */
interface ClosedForm {
  readonly bytes: number
  learn(x: Float32Array, labels: Uint8Array, task: number): void
  /** the task is over */
  end(): void
  /** labels of rows; in scenario `task` that is the task they are of */
  answer(x: Float32Array, task: number): Uint32Array
}

/** One pass over every task; neither order nor batches matter. */
export async function runAnalytic(job: Job, raw: Raw, report: (progress: Progress) => void): Promise<Found> {
  const { scenario, seed, part } = job
  const stream = tasksOf(protocolOf(job.protocol), scenario, seed, raw, part)
  const [{ features, classes }] = stream as [(typeof stream)[number]]
  const learner = job.method === 'analytic' ? oneHead(job, features, classes) : experts(job, features)
  const tests = stream.map((task) => task.test())
  const hash = createHash('sha256')
  const judge = (task: number): number => {
    const set = tests[task] as (typeof tests)[number]
    let correct = 0
    for (const { x, y } of batches(set, { size: CHUNK, reuse: true })) {
      const labels = learner.answer(x, task)
      hash.update(labels)
      labels.forEach((label, row) => {
        correct += Number(label === y[row])
      })
    }
    return correct / set.count
  }
  const accuracy: number[][] = []
  const before: number[] = []
  for (const [task, { train }] of stream.entries()) {
    for (const { x, y } of batches(train(), { size: CHUNK, reuse: true })) learner.learn(x, y, task)
    learner.end()
    report({ task, loss: Number.NaN, done: (task + 1) / stream.length })
    await new Promise<void>((resume) => setImmediate(resume))
    if (judgesEndAlone(job, stream.length) && task < stream.length - 1) continue
    accuracy.push(tests.slice(0, task + 1).map((_, j) => judge(j)))
    if (scenario === 'domain' && task < stream.length - 1) before.push(judge(task + 1))
  }
  return {
    accuracy,
    before,
    untrained: [],
    stateBytes: learner.bytes,
    storesSamples: false,
    weights: hash.digest('hex'),
  }
}

/** where a label means something else in every task, classes of different tasks are told apart, and the label asked for */
function oneHead({ scenario, settings, seed }: Job, inputs: number, size: number): ClosedForm {
  const { features = FEATURES, ridge, head, classPerTask = true } = settings
  const learner = new Analytic({ inputs, features, seed, ...(ridge !== undefined && { ridge }), ...(head && { head }) })
  const apart = scenario !== 'class' && (scenario === 'task' || classPerTask)
  const among = (task: number) => ({ among: Array.from({ length: size }, (_, i) => task * size + i) })
  return {
    get bytes() {
      return learner.bytes
    },
    learn: (x, y, task) => learner.learn(x, apart ? Uint16Array.from(y, (label) => task * size + label) : y),
    end() {},
    answer(x, task) {
      const { labels } = learner.predict(x, scenario === 'task' ? among(task) : {})
      return apart ? labels.map((label) => label % size) : labels
    },
  }
}

function experts({ settings, seed }: Job, inputs: number): ClosedForm {
  const { features = FEATURES, ridge, shrinkage } = settings
  const learner = new AnalyticExperts({
    inputs,
    features,
    seed,
    ...(ridge !== undefined && { ridge }),
    ...(shrinkage !== undefined && { shrinkage }),
  })
  return {
    get bytes() {
      return learner.bytes
    },
    learn: (x, y) => learner.learn(x, y),
    end: () => learner.consolidate(),
    answer: (x) => learner.predict(x).labels,
  }
}
