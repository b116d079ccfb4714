import { type Batch, batches } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { type Stream, trainingUnion } from '../../src/data/streams.ts'
import type { Adam } from '../../src/optim/adam.ts'
import type { Schedule } from '../../src/optim/schedule.ts'
import { WeightAverage } from '../../src/optim/weight-average.ts'
import type { Learner } from '../../src/training/learner.ts'
import type { Progress } from './run.ts'

/** What {@link trainJointly} takes. */
export interface Jointly {
  readonly learner: Learner
  /** the learner's, at the rate that it begins with */
  readonly optimizer: Adam
  readonly schedule: Schedule
  readonly stream: Stream
  /** shows the outputs that belong to a task, when so many were seen */
  use(task: number, seen: number): void
  /** of all tasks together */
  readonly steps: number
  readonly batchSize: number
  /** last steps, whose mean the weights become; with 0 they stay the last one's */
  readonly averaged: number
  /** a task a step, in turn, where each has a head of its own; else every batch is drawn from the union */
  readonly byTask: boolean
  report(progress: Progress): void
}

/** The upper bound: all tasks at once, with as many steps as one after the other. */
export async function trainJointly(options: Jointly): Promise<void> {
  const { learner, steps, averaged, byTask, report } = options
  const average = averaged > 0 ? new WeightAverage(learner.model.parameters()) : null
  for await (const { task, step, loss } of byTask ? inTurn(options) : fromUnion(options)) {
    if (step > steps - averaged) average?.add()
    if (step % 50 === 0) report({ task, loss, done: step / steps })
  }
  average?.apply()
}

/** A step that was done, counted from 1. */
interface Step {
  readonly task: number
  readonly step: number
  readonly loss: number
}

async function* fromUnion({ learner, schedule, stream, use, steps, batchSize }: Jointly): AsyncGenerator<Step> {
  use(stream.length - 1, stream.length - 1)
  for await (const { type, step, loss } of learner.fit(trainingUnion(stream), { steps, batchSize, schedule, every: 1 }))
    if (type === 'step') yield { task: 0, step, loss }
}

async function* inTurn({ learner, optimizer, schedule, stream, use, steps, batchSize }: Jointly): AsyncGenerator<Step> {
  const rate = optimizer.learningRate
  const sources = stream.map(({ train }, task) => endless(train(), batchSize, learner.model.seed + task))
  for (let step = 0; step < steps; step++) {
    const task = step % sources.length
    const { x, y } = (sources[task] as Generator<Batch, never>).next().value
    use(task, stream.length - 1)
    optimizer.learningRate = rate * schedule(step / steps)
    yield { task, step: step + 1, loss: learner.step(x, y) }
  }
}

function* endless(set: LabelledSet, size: number, seed: number): Generator<Batch, never> {
  const all = batches(set, { size, shuffle: true, seed, reuse: true })
  for (;;) yield* all
}
