import { createHash } from 'node:crypto'
import type { LabelledSet } from '../../src/data/index.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Adam } from '../../src/optim/adam.ts'
import { constant, linearDecay } from '../../src/optim/schedule.ts'
import { WeightAverage } from '../../src/optim/weight-average.ts'
import { Learner } from '../../src/training/learner.ts'
import type { Part } from '../part.ts'
import { runAnalytic } from './analytic.ts'
import { trainJointly } from './joint.ts'
import { type MethodName, methodOf, type Settings } from './methods.ts'
import { type Protocol, type ProtocolName, protocolOf, type Scenario } from './protocols.ts'
import { judgesEndAlone, type Raw, tasksOf } from './tasks.ts'

/** One run: everything that decides it. */
export interface Job {
  readonly protocol: ProtocolName
  readonly scenario: Scenario
  readonly method: MethodName
  readonly settings: Settings
  readonly seed: number
  readonly part: Part
  /** of the protocol's budget; 1 but in searches */
  readonly share: number
}

/** What one run found. */
export interface RunRecord extends Job {
  /** [task learnt][task judged] test accuracy, of the tasks that were learnt; the last row alone for `joint`, searches and long streams */
  readonly accuracy: readonly (readonly number[])[]
  /** on the task after this one, before it is learnt, and at the very beginning; where the task need not be known */
  readonly before: readonly number[]
  readonly untrained: readonly number[]
  readonly seconds: number
  /** what the method keeps besides the network's weights */
  readonly stateBytes: number
  readonly storesSamples: boolean
  /** sha256 of all parameters at the end, little-endian float32 in the model's order */
  readonly weights: string
}

export interface Progress {
  readonly task: number
  readonly loss: number
  readonly done: number
}

const SCHEDULES = { constant, linearDecay }
const REPORT_EVERY = 50

export async function run(job: Job, raw: Raw, report: (progress: Progress) => void): Promise<RunRecord> {
  const started = performance.now()
  const found = await (job.method.startsWith('analytic') ? runAnalytic(job, raw, report) : trainOn(job, raw, report))
  return { ...job, ...found, seconds: (performance.now() - started) / 1000 }
}

export type Found = Omit<RunRecord, keyof Job | 'seconds'>

/** A network for a protocol and scenario, the outputs of which are heads where tasks have their own. */
function modelOf(
  { hidden, activation, tasks }: Protocol,
  scenario: Scenario,
  seed: number,
  features: number,
  classes: number,
) {
  const outputs = scenario === 'task' ? classes * tasks : classes
  const mlp = new Mlp([features, ...hidden, outputs], { seed, activation })
  const heads = scenario === 'domain' ? null : new Heads(mlp)
  return { mlp, heads, model: heads ?? mlp }
}

async function trainOn(job: Job, raw: Raw, report: (progress: Progress) => void): Promise<Found> {
  const { scenario, method: name, settings, seed, part, share } = job
  const protocol = protocolOf(job.protocol)
  const stream = tasksOf(protocol, scenario, seed, raw, part)
  const last = stream.at(-1) as (typeof stream)[number]
  const { mlp, heads, model } = modelOf(protocol, scenario, seed, last.features, last.classes)
  const method = methodOf(name, settings, seed)
  const optimizer = new Adam({ learningRate: protocol.learningRate })
  const learner = new Learner(model, { optimizer, method })
  const tests = stream.map((task) => task.test())
  const use = (task: number, seen: number) => {
    if (scenario === 'task') heads?.use(task * last.classes, (task + 1) * last.classes)
    if (scenario === 'class') heads?.use(0, (stream[seen] as typeof last).classes)
  }
  const judge = (task: number, seen: number) => {
    use(task, seen)
    return learner.evaluate(tests[task] as LabelledSet).accuracy
  }
  const steps = (count: number) =>
    Math.max(
      1,
      Math.round(
        share *
          ('steps' in protocol.budget
            ? protocol.budget.steps
            : protocol.budget.epochs * Math.ceil(count / protocol.batchSize)),
      ),
    )

  /** of the last epochs that are averaged */
  const averaged = (count: number) => Math.ceil((settings.average ?? 0) * Math.ceil(count / protocol.batchSize))

  const endAlone = judgesEndAlone(job, stream.length)
  const untrained = scenario === 'domain' && !endAlone ? tests.map((_, task) => judge(task, task)) : []
  const before: number[] = []
  const accuracy: number[][] = []
  if (name === 'joint') {
    const all = (of: (count: number) => number) => stream.reduce((sum, { count }) => sum + of(count), 0)
    optimizer.learningRate = settings.rate ?? protocol.learningRate
    await trainJointly({
      learner,
      optimizer,
      schedule: SCHEDULES[settings.schedule ?? 'constant'],
      stream,
      use,
      steps: all(steps),
      batchSize: protocol.batchSize,
      averaged: all(averaged),
      byTask: scenario === 'task',
      report,
    })
    accuracy.push(tests.map((_, task) => judge(task, stream.length - 1)))
  } else
    for (const [task, { count, train }] of stream.entries()) {
      const set = train()
      use(task, task)
      if (task > 0) {
        if (settings.reset) optimizer.reset()
        optimizer.learningRate = settings.laterRate ?? protocol.learningRate
      }
      const schedule = SCHEDULES[(task > 0 && settings.laterSchedule) || 'constant']
      const last = averaged(count)
      const average = last > 0 ? new WeightAverage(mlp.parameters()) : null
      const options = {
        steps: steps(count),
        batchSize: protocol.batchSize,
        schedule,
        every: average ? 1 : REPORT_EVERY,
      }
      for await (const { type, step, steps: all, loss } of learner.fit(set, options)) {
        if (type === 'step' && step > all - last) average?.add()
        if (step % REPORT_EVERY === 0) report({ task, loss, done: (task + step / all) / stream.length })
      }
      average?.apply()
      // nothing looks at what is kept of the last task
      if (task < stream.length - 1) {
        learner.consolidate(set, consolidation(settings))
        if (endAlone) continue
        if (scenario === 'domain') before.push(judge(task + 1, task))
      }
      accuracy.push(tests.slice(0, task + 1).map((_, j) => judge(j, task)))
    }
  return {
    accuracy,
    before,
    untrained,
    stateBytes: bytesOf(learner, model),
    storesSamples: name === 'joint' || (method?.storesSamples ?? false),
    weights: digest(mlp),
  }
}

/** samples as the batches that a consolidation counts in */
function consolidation({ samples }: Settings): { batchSize?: number; batches?: number } {
  return samples === undefined ? {} : { batchSize: 100, batches: Math.ceil(samples / 100) }
}

function bytesOf({ method }: Learner, model: Classifier): number {
  const arrays = method?.state?.(model.parameters()).arrays ?? {}
  return Object.values(arrays).reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function digest(model: Mlp): string {
  const hash = createHash('sha256')
  for (const { data } of model.parameters()) hash.update(data)
  return hash.digest('hex')
}
