import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { ewcPenalty, type Memory } from '../../src/continual/ewc.reference.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { type Batch, batches } from '../../src/data/batches.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { add } from '../../src/ops/add.ts'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, largest, worst } from '../toy.ts'

const LAMBDA = 5
const tasks = [1, 2, 3].map((seed) => blobs({ features: 6, classes: 3, count: 60, seed }))
const makeModel = () => new Mlp([6, 8, 3], { seed: 4, batchNorm: true })
const batchesOf = (task: (typeof tasks)[number]): Batch[] => [
  ...batches(task, { size: 10, shuffle: true, seed: 1 }),
  ...batches(task, { size: 10, shuffle: true, seed: 2 }),
]

/** three tasks by the learner, the penalty fused into the optimizer's pass */
function fused(optimizer: Optimizer) {
  const model = makeModel()
  const method = new Ewc({ lambda: LAMBDA })
  const learner = new Learner(model, { optimizer, method })
  const penalties: (number | null)[] = []
  for (const task of tasks) {
    for (const { x, y } of batchesOf(task)) {
      learner.step(x, y)
      penalties.push(learner.penalty)
    }
    learner.consolidate(task)
  }
  return { model, penalties }
}

/** the same with the penalty as the paper writes it: part of the loss, one anchor a task, differentiated by the tape */
function written(optimizer: Optimizer, lambda = LAMBDA) {
  const model = makeModel()
  const memories: Memory[] = []
  const penalties: (number | null)[] = []
  const tape = new Tape()
  for (const task of tasks) {
    for (const { x, y } of batchesOf(task))
      tape.step(() => {
        const loss = softmaxCrossEntropy(model.forward(tape.input(x, [y.length, 6]), 'training'), y)
        const penalty = ewcPenalty(tape, memories, lambda)
        tape.backward(add(loss, penalty), model.parameters())
        optimizer.step(model.parameters())
        penalties.push(memories.length > 0 ? penalty.item() : null)
      })
    const fisher = fisherDiagonal(model, task, { estimator: 'exact', random: Random.from(0) })
    for (const [parameter, f] of fisher) memories.push({ parameter, fisher: f, anchor: parameter.data.slice() })
  }
  return { model, penalties }
}

const weights = ({ model }: ReturnType<typeof fused>): number[] => model.parameters().flatMap(({ data }) => [...data])

describe('training three tasks with Ewc', () => {
  it.each<[string, () => Optimizer, number]>([
    // roundings of 1e-7 in 36 steps, some of which the curvature of the loss makes ten times larger
    ['Sgd', () => new Sgd({ learningRate: 0.1, momentum: 0.5 }), 1e-5],
    // a step of Adam has the sign of a gradient that may be small: its rounding counts in full
    ['Adam', () => new Adam({ learningRate: 0.01 }), 1e-4],
  ])('with %s is training on the penalty that the paper writes down', (_, optimizer, tolerance) => {
    const [a, b] = [fused(optimizer()), written(optimizer())]
    expect(worst(weights(a), weights(b), () => tolerance)).toBeLessThan(1)
    const known = (penalties: (number | null)[]) => penalties.map((penalty) => penalty ?? -1)
    expect(worst(known(a.penalties), known(b.penalties), (value) => 0.01 * Math.abs(value) + 1e-6)).toBeLessThan(1)
    // none in the first task, 0 at the first step of the second, something from then on
    const perTask = a.penalties.length / 3
    expect(a.penalties.slice(0, perTask).every((penalty) => penalty === null)).toBe(true)
    expect(a.penalties[perTask]).toBe(0)
    expect(a.penalties.slice(perTask + 1).every((penalty) => (penalty as number) > 0)).toBe(true)
    // the penalty decides: without it the weights are elsewhere
    const free = weights(written(optimizer(), 0))
    expect(largest(weights(a).map((weight, i) => weight - (free[i] as number)))).toBeGreaterThan(0.05)
  })
})
