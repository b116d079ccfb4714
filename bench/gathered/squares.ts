import { Ewc } from '../../src/continual/ewc.ts'
import { type Diagonal, fisherDiagonal } from '../../src/continual/fisher.ts'
import { RunningFisher } from '../../src/continual/running-fisher.ts'
import { batches } from '../../src/data/batches.ts'
import type { TrainAndTest } from '../../src/data/load.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import type { Run } from './figures.ts'

export const SIZES: readonly number[] = [784, 100, 10]
export const BATCH = 100
/** images that the exact Fisher looks at */
export const SAMPLES = 10_000
export const LAMBDA = 100

/** what protects the first set while the second is learnt */
export const KINDS = ['gathered', 'exact', 'exact-scaled', 'none'] as const
export type Kind = (typeof KINDS)[number]

/**
 * One seed: a pass over the first set, its squares gathered on the way beside its exact Fisher, then a pass over the second
 * with EWC on either. `exact-scaled` has lambda times the ratio of both sums, so that the springs add up to as much.
 */
export function squaresOf(kind: Kind, seed: number, first: TrainAndTest, second: TrainAndTest): Run[] {
  const model = new Mlp(SIZES, { seed })
  const gathered = learn(new Learner(model, { optimizer: new Adam() }), model, first.train, seed).diagonal()
  const exact = fisherDiagonal(model, first.train, {
    estimator: 'exact',
    samples: SAMPLES,
    random: Random.from(seed, 'fisher'),
  })
  const lambda = kind === 'exact-scaled' ? (LAMBDA * total(gathered)) / total(exact) : LAMBDA
  const method = kind === 'none' ? null : new Ewc({ lambda, mode: 'online' })
  method?.add(kind === 'gathered' ? gathered : exact)
  const learner = new Learner(model, { optimizer: new Adam(), method })
  learn(learner, model, second.train, seed)
  const accuracies = Object.entries({ mnist: first, fashion: second }).map(
    ([set, { test }]): Run => ({ name: `accuracy/${kind}/${set}`, seed, value: learner.evaluate(test).accuracy }),
  )
  return kind === 'gathered' ? [...biases(gathered, exact, seed), ...accuracies] : accuracies
}

/** one pass, gathering squares after each step, as a classifier does */
function learn(learner: Learner, model: Mlp, set: LabelledSet, seed: number): RunningFisher {
  const gathered = new RunningFisher(model.parameters())
  for (const { x, y } of batches(set, { size: BATCH, shuffle: true, seed: Random.from(seed, 'order'), reuse: true })) {
    learner.step(x, y)
    gathered.add(model, x, y)
  }
  return gathered
}

function biases(gathered: Diagonal, exact: Diagonal, seed: number): Run[] {
  return [...gathered].flatMap(([parameter, ours]) => {
    const theirs = exact.get(parameter) as Float32Array
    return [
      { name: `ratio/${parameter.name}`, seed, value: sum(ours) / sum(theirs) },
      { name: `rank-correlation/${parameter.name}`, seed, value: correlation(...nonZero(ours, theirs)) },
    ]
  })
}

const sum = (values: Float32Array): number => values.reduce((a, b) => a + b, 0)

const total = (diagonal: Diagonal): number => [...diagonal.values()].reduce((all, values) => all + sum(values), 0)

const nonZero = (a: Float32Array, b: Float32Array): [Float32Array, Float32Array] => {
  const kept = Array.from(a, (_, i) => i).filter((i) => (a[i] as number) > 0 && (b[i] as number) > 0)
  return [Float32Array.from(kept, (i) => a[i] as number), Float32Array.from(kept, (i) => b[i] as number)]
}

/** Spearman's, ties in the order of their places */
export function correlation(a: Float32Array, b: Float32Array): number {
  const [x, y, middle] = [ranks(a), ranks(b), (a.length - 1) / 2]
  let [xy, xx] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    xy += ((x[i] as number) - middle) * ((y[i] as number) - middle)
    xx += ((x[i] as number) - middle) ** 2
  }
  return xy / xx
}

function ranks(values: Float32Array): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const rank = new Float64Array(values.length)
  order.forEach((at, place) => {
    rank[at] = place
  })
  return rank
}
