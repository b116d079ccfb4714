import { createHash } from 'node:crypto'
import { Ewc } from '../../src/continual/ewc.ts'
import type { TrainAndTest } from '../../src/data/index.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { constant, linearDecay } from '../../src/optim/schedule.ts'
import { Learner } from '../../src/training/learner.ts'
import { type Anatomy, dissect } from './anatomy.ts'
import { FirstLayerFreezable, StandInEwc } from './controls.ts'
import type { MethodName, Phase, Recipe } from './recipes.ts'
import { Trace, type TracePoint } from './trace.ts'

/** Both sets, and their union for joint training. */
export interface Sets {
  readonly mnist: TrainAndTest
  readonly fashion: TrainAndTest
  readonly joint: LabelledSet
}

export interface Job {
  /** what the run is called in reports: a recipe, or a point of a search */
  readonly recipe: string
  readonly settings: Recipe
  readonly method: MethodName
  readonly seed: number
  readonly epochs: number
  /** for the report: how often to evaluate during the second task, and whether to look into the network; neither
   * changes what is learnt */
  readonly trace?: number
  readonly anatomy?: boolean
}

interface Accuracies {
  readonly mnist: number
  readonly fashion: number
}

/** What one run found; `after` has an element a phase: two tasks, or the union once. */
export interface RunRecord {
  readonly recipe: string
  readonly method: MethodName
  readonly seed: number
  readonly after: readonly Accuracies[]
  readonly seconds: number
  /** sha256 of all parameters and running statistics at the end, little-endian float32 in the model's order */
  readonly weights: string
  readonly trace?: readonly TracePoint[]
  readonly anatomy?: Anatomy
}

export interface Progress {
  readonly task: string
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  /** on the task's test set, after its last whole epoch */
  readonly accuracy: number | null
  /** share of the whole run */
  readonly done: number
}

const SCHEDULES = { constant, linearDecay }
const REPORT_EVERY = 20

/** Trains one network as the job says, and evaluates it on both test sets after every phase. */
export async function run(job: Job, sets: Sets, report: (progress: Progress) => void): Promise<RunRecord> {
  const { settings, method, seed } = job
  const started = performance.now()
  const model = new Mlp(settings.sizes, { seed, batchNorm: settings.batchNorm })
  const optimizer = new Adam()
  const freezable = settings.control === 'first-layer-frozen' ? new FirstLayerFreezable(model) : null
  const learner = new Learner(freezable ?? model, { optimizer, method: method === 'ewc' ? penalty(settings) : null })
  const after: Accuracies[] = []
  const both = (): Accuracies => {
    const accuracy = (test: LabelledSet) => learner.evaluate(test).accuracy
    return { mnist: accuracy(sets.mnist.test), fashion: accuracy(sets.fashion.test) }
  }
  const evaluate = () => after.push(both())
  let trace: Trace | null = null

  const learn = async (
    task: string,
    set: LabelledSet,
    test: LabelledSet,
    phase: Phase,
    from: number,
    share: number,
  ) => {
    optimizer.learningRate = phase.learningRate
    let accuracy: number | null = null
    const schedule = SCHEDULES[phase.schedule]
    const options = { epochs: job.epochs, batchSize: settings.batchSize, schedule, every: trace ? 1 : REPORT_EVERY }
    for await (const { type, epoch, epochs, loss, step, steps } of learner.fit(set, options)) {
      if (type === 'epoch') accuracy = learner.evaluate(test).accuracy
      trace?.at(step / steps)
      if (type === 'epoch' || step % REPORT_EVERY === 0)
        report({ task, epoch, epochs, loss, accuracy, done: from + (share * step) / steps })
    }
  }
  const consolidate = (set: LabelledSet) => {
    const { batchSize, consolidateBatches: batches } = settings
    learner.consolidate(set, batches === null ? {} : { batchSize, batches })
  }

  let anatomy: (() => Anatomy) | null = null
  if (method === 'joint') {
    // the phase whose rate was sought: an upper bound must not be lower for want of it
    await learn('both', sets.joint, sets.mnist.test, settings.second, 0, 1)
  } else {
    await learn('MNIST', sets.mnist.train, sets.mnist.test, settings.first, 0, 0.5)
    consolidate(sets.mnist.train)
    evaluate()
    if (settings.freezeStatistics) model.freezeStatistics()
    if (settings.resetOptimizer) optimizer.reset()
    freezable?.freeze()
    if (job.anatomy) anatomy = dissect(model, sets)
    if (job.trace !== undefined) trace = new Trace(job.trace, both)
    trace?.at(0)
    await learn('Fashion-MNIST', sets.fashion.train, sets.fashion.test, settings.second, 0.5, 0.5)
    // the article registers again before it evaluates, which moves BatchNorm's statistics
    consolidate(sets.fashion.train)
  }
  evaluate()
  const seconds = (performance.now() - started) / 1000
  const record = { recipe: job.recipe, method, seed, after, seconds, weights: digest(model) }
  return { ...record, ...(trace && { trace: trace.points }), ...(anatomy && { anatomy: anatomy() }) }
}

const penalty = ({ ewc, control }: Recipe) =>
  control === undefined || control === 'first-layer-frozen' ? new Ewc(ewc) : new StandInEwc(control, ewc)

function digest(model: Mlp): string {
  const hash = createHash('sha256')
  for (const { data } of model.parameters()) hash.update(data)
  for (const { runningMean, runningVariance } of model.norms) hash.update(runningMean).update(runningVariance)
  return hash.digest('hex')
}
