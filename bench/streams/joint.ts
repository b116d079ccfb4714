import { batches } from '../../src/data/batches.ts'
import { type Stream, trainingUnion } from '../../src/data/streams.ts'
import type { Adam } from '../../src/optim/adam.ts'
import type { Schedule } from '../../src/optim/schedule.ts'
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
  /** a task a step, in turn, where each has a head of its own; else every batch is drawn from the union */
  readonly byTask: boolean
  report(progress: Progress): void
}

/** The upper bound: all tasks at once, with as many steps as one after the other. */
export async function trainJointly(options: Jointly): Promise<void> {
  const { learner, schedule, stream, use, steps, batchSize, byTask, report } = options
  if (byTask) return inTurn(options)
  use(stream.length - 1, stream.length - 1)
  for await (const { step, loss } of learner.fit(trainingUnion(stream), { steps, batchSize, schedule, every: 50 }))
    report({ task: 0, loss, done: step / steps })
}

async function inTurn({ learner, optimizer, schedule, stream, use, steps, batchSize, report }: Jointly): Promise<void> {
  const rate = optimizer.learningRate
  const sources = stream.map(({ train }, task) => {
    const all = batches(train(), { size: batchSize, shuffle: true, seed: learner.model.seed + task, reuse: true })
    let rest = all[Symbol.iterator]()
    return () => {
      let next = rest.next()
      if (next.done) {
        rest = all[Symbol.iterator]()
        next = rest.next()
      }
      return next.value
    }
  })
  for (let step = 0; step < steps; step++) {
    const task = step % sources.length
    const batch = sources[task]?.()
    if (!batch) continue
    use(task, stream.length - 1)
    optimizer.learningRate = rate * schedule(step / steps)
    const loss = learner.step(batch.x, batch.y)
    if (step % 50 === 0) report({ task, loss, done: step / steps })
  }
}
