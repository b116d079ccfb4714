import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, inputsOf, rejection, stateOf } from '../toy.ts'

const set = blobs({ features: 6, classes: 4, count: 40 })
const next = blobs({ features: 6, classes: 4, count: 40, seed: 2 })
const x = inputsOf(next)
const y = next.labels

interface Subject {
  readonly model: Mlp
  readonly learner: Learner
  readonly optimizer: Optimizer
}

const optimizers: Record<string, () => Optimizer> = {
  Sgd: () => new Sgd({ learningRate: 0.05, momentum: 0.9 }),
  Adam: () => new Adam({ learningRate: 0.01 }),
}

/** in the middle of a second task, so that moments, running statistics and a penalty are all there to be spoiled */
function subject(makeOptimizer: () => Optimizer): Subject {
  const model = new Mlp([6, 9, 4], { seed: 1, batchNorm: true })
  const optimizer = makeOptimizer()
  const learner = new Learner(model, { optimizer, method: new Ewc({ lambda: 1 }) })
  for (let i = 0; i < 5; i++) learner.step(inputsOf(set), set.labels)
  learner.consolidate(set)
  for (let i = 0; i < 5; i++) learner.step(x, y)
  return { model, optimizer, learner }
}

/** what a few more steps make of it: tells of anything in model, optimizer or method that is not as it was */
function future({ model, learner }: Subject): string {
  for (let i = 0; i < 3; i++) learner.step(x, y)
  learner.consolidate(next)
  learner.step(x, y)
  return stateOf(model)
}

const withNumber = (value: number): Float32Array => {
  const spoiled = x.slice()
  spoiled[17] = value
  return spoiled
}

/** one number changed for the duration of a call */
function during<T>(data: Float32Array, value: number, run: () => T): T {
  const held = data[0] as number
  data[0] = value
  try {
    return run()
  } finally {
    data[0] = held
  }
}

const weightsOf = ({ model }: Subject): Float32Array => model.parameters()[0]?.data as Float32Array

const narrow = blobs({ features: 5, classes: 4 })
const rich = blobs({ features: 6, classes: 5 })
const any = <T>(value: unknown): T => value as T

type Case = readonly [what: string, code: ErrorCode, run: (subject: Subject) => unknown]

const step: Case[] = [
  ['x as an array', 'DTYPE', ({ learner }) => learner.step(any([...x]), y)],
  ['x as float64', 'DTYPE', ({ learner }) => learner.step(any(Float64Array.from(x)), y)],
  ['y as an array', 'DTYPE', ({ learner }) => learner.step(x, any([...y]))],
  ['no row', 'EMPTY_SET', ({ learner }) => learner.step(new Float32Array(0), new Uint8Array(0))],
  ['part of a row', 'LENGTH', ({ learner }) => learner.step(x.subarray(1), y)],
  ['too few labels', 'LENGTH', ({ learner }) => learner.step(x, y.subarray(1))],
  [
    'a label too large',
    'LABEL_OUT_OF_RANGE',
    ({ learner }) =>
      learner.step(
        x,
        y.map((label) => label + 1),
      ),
  ],
  ['x with NaN', 'NON_FINITE', ({ learner }) => learner.step(withNumber(Number.NaN), y)],
  ['x with infinity', 'NON_FINITE', ({ learner }) => learner.step(withNumber(-Infinity), y)],
  ['one row for BatchNorm', 'INVALID_ARGUMENT', ({ learner }) => learner.step(x.subarray(0, 6), y.subarray(0, 1))],
  [
    'weights with NaN',
    'NON_FINITE',
    (subject) => during(weightsOf(subject), Number.NaN, () => subject.learner.step(x, y)),
  ],
  [
    'a learning rate that is none',
    'INVALID_ARGUMENT',
    ({ learner, optimizer }) => {
      const held = optimizer.learningRate
      optimizer.learningRate = Number.NaN
      try {
        learner.step(x, y)
      } finally {
        optimizer.learningRate = held
      }
    },
  ],
]

const fitting = (of: LabelledSet, options: Parameters<Learner['fit']>[1] = {}) =>
  (({ learner }) => drain(learner.fit(of, options))) satisfies Case[2]

const fits: Case[] = [
  ['samples of another width', 'SHAPE', fitting(narrow)],
  ['more classes than outputs', 'LABEL_OUT_OF_RANGE', fitting(rich)],
  ...[0, -1, 1.5, Number.NaN].flatMap((wrong): Case[] => [
    [`${wrong} epochs`, 'INVALID_ARGUMENT', fitting(next, { epochs: wrong })],
    [`${wrong} steps`, 'INVALID_ARGUMENT', fitting(next, { steps: wrong })],
    [`an event every ${wrong} steps`, 'INVALID_ARGUMENT', fitting(next, { every: wrong })],
    [`batches of ${wrong}`, 'INVALID_ARGUMENT', fitting(next, { batchSize: wrong })],
  ]),
  ['batches of Infinity', 'INVALID_ARGUMENT', fitting(next, { batchSize: Infinity })],
  ['batches of one row for BatchNorm', 'INVALID_ARGUMENT', fitting(next, { batchSize: 1 })],
  ['a schedule of NaN', 'INVALID_ARGUMENT', fitting(next, { schedule: () => Number.NaN })],
  ['a schedule below 0', 'INVALID_ARGUMENT', fitting(next, { schedule: () => -1 })],
]

const others: Case[] = [
  ['samples of another width', 'SHAPE', ({ learner }) => learner.consolidate(narrow)],
  ['more classes than outputs', 'LABEL_OUT_OF_RANGE', ({ learner }) => learner.consolidate(rich)],
  ...[0, -1, 1.5, Number.NaN, Infinity].flatMap((wrong): Case[] => [
    [`batches of ${wrong}`, 'INVALID_ARGUMENT', ({ learner }) => learner.consolidate(next, { batchSize: wrong })],
    [`${wrong} batches`, 'INVALID_ARGUMENT', ({ learner }) => learner.consolidate(next, { batches: wrong })],
  ]),
  [
    'a model with NaN',
    'NON_FINITE',
    (subject) => during(weightsOf(subject), Number.NaN, () => subject.learner.consolidate(next)),
  ],
]

const reads: Case[] = [
  ['evaluate: samples of another width', 'SHAPE', ({ learner }) => learner.evaluate(narrow)],
  ['evaluate: more classes', 'LABEL_OUT_OF_RANGE', ({ learner }) => learner.evaluate(rich)],
  [
    'evaluate: NaN',
    'NON_FINITE',
    (subject) => during(weightsOf(subject), Number.NaN, () => subject.learner.evaluate(next)),
  ],
  [
    'evaluate: logits of infinity',
    'NON_FINITE',
    (subject) => during(lastBias(subject), Infinity, () => subject.learner.evaluate(next)),
  ],
  ['predict: an array', 'DTYPE', ({ learner }) => learner.predict(any([...x]))],
  ['predict: no row', 'EMPTY_SET', ({ learner }) => learner.predict(new Float32Array(0))],
  ['predict: part of a row', 'LENGTH', ({ learner }) => learner.predict(x.subarray(1))],
  ['predict: x with NaN', 'NON_FINITE', ({ learner }) => learner.predict(withNumber(Number.NaN))],
  [
    'predict: a model with NaN',
    'NON_FINITE',
    (subject) => during(weightsOf(subject), Number.NaN, () => subject.learner.predict(x)),
  ],
  [
    'predict: logits of infinity',
    'NON_FINITE',
    (subject) => during(lastBias(subject), Infinity, () => subject.learner.predict(x)),
  ],
]

const lastBias = ({ model }: Subject): Float32Array => model.parameters().at(-1)?.data as Float32Array

describe.each(Object.entries(optimizers))('with %s', (_, makeOptimizer) => {
  const untouched = subject(makeOptimizer)
  const before = stateOf(untouched.model)
  const penalty = untouched.learner.penalty
  const after = future(untouched)

  const verbs: [string, Case[]][] = [
    ['step', step],
    ['fit', fits],
    ['consolidate', others],
    ['reads', reads],
  ]
  describe.each(verbs)('%s refuses', (_, cases) => {
    it.each(cases)('%s with %s and leaves model, optimizer and method as they were', async (_, code, run) => {
      const spoiled = subject(makeOptimizer)
      expect((await rejection(Promise.resolve().then(() => run(spoiled)))).code).toBe(code)
      expect(stateOf(spoiled.model)).toBe(before)
      expect(spoiled.learner.penalty).toBe(penalty)
      expect(future(spoiled)).toBe(after)
    })
  })
})

describe('a penalty too strong for Sgd', () => {
  it('is refused by step and fit with PENALTY_UNSTABLE, and all is as it was, running statistics included', async () => {
    const momentum = 0.9
    const make = () => subject(() => new Sgd({ learningRate: 0.05, momentum }))
    const [{ model, optimizer, learner }, twin] = [make(), make()]
    const before = stateOf(model)
    // lambda is 1
    const limit = () => (2 * (1 + momentum)) / (learner.method?.quadratic?.(model.parameters())?.largest as number)
    optimizer.learningRate = 1.001 * limit()
    const failing: (() => unknown)[] = [() => learner.step(x, y), () => drain(learner.fit(next))]
    for (const run of failing) {
      expect((await rejection(Promise.resolve().then(run))).code).toBe('PENALTY_UNSTABLE')
      expect(stateOf(model)).toBe(before)
    }
    optimizer.learningRate = 0.05
    expect(future({ model, optimizer, learner })).toBe(future(twin))
    optimizer.learningRate = 0.999 * limit()
    expect(learner.step(x, y)).toBeGreaterThan(0)
  })
})
