import { describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Kfac } from '../../src/continual/kfac.ts'
import { Lwf } from '../../src/continual/lwf.ts'
import type { Method } from '../../src/continual/method.ts'
import { Replay } from '../../src/continual/replay.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, codeOf, inputsOf, largest, stateOf, thrown, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { makeModel, moved, set, task, termOf, x, y } from './distil.ts'

const second = blobs({ count: 13, features: 6, classes: 4, seed: 2 })

describe('Replay with another method', () => {
  const others: Readonly<Record<string, () => Method>> = {
    ewc: () => new Ewc({ lambda: 3 }),
    kfac: () => new Kfac({ lambda: 2 }),
    lwf: () => new Lwf({ lambda: 2 }),
  }
  /** what a step of Sgd adds to the weights, and the penalty, from one state */
  function step(method: Method | null) {
    const model = makeModel()
    const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 1 }), method })
    learner.consolidate(set)
    moved(model)
    const before = model.parameters().map(({ data }) => data.slice())
    learner.step(x, y)
    const moves = model.parameters().flatMap(({ data }, p) => Array.from(data, (now, i) => now - before[p]![i]!))
    return { moves, penalty: learner.penalty ?? 0 }
  }

  it.each(Object.keys(others))('adds the two: %s', (name) => {
    const [none, other, replay, both] = [
      step(null),
      step(others[name]!()),
      step(new Replay({ samples: 5 })),
      step(new Replay({ samples: 5, method: others[name]!() })),
    ]
    expect(largest(other.moves.map((move, i) => move - none.moves[i]!))).toBeGreaterThan(0.01)
    expect(largest(replay.moves.map((move, i) => move - none.moves[i]!))).toBeGreaterThan(0.01)
    const sum = none.moves.map((move, i) => other.moves[i]! + replay.moves[i]! - move)
    expect(worst(both.moves, sum, () => 100 * UNIT_ROUNDOFF)).toBeLessThan(1)
    expect(Math.abs(both.penalty - other.penalty - replay.penalty)).toBeLessThan(100 * UNIT_ROUNDOFF)
  })

  it('has the hooks that the other has, and a name that says both', () => {
    const alone = new Replay({ samples: 5 })
    expect([alone.name, alone.quadratic, alone.addGradient, alone.storesSamples]).toEqual([
      ...['replay', undefined, undefined],
      true,
    ])
    const method = new Replay({ samples: 5, method: new Ewc({ lambda: 1 }) })
    expect([method.name, method.addGradient, method.quadratic?.([])]).toEqual(['replay+ewc', undefined, null])
  })

  it('remembers nothing of a task that the other refuses', () => {
    const model = makeModel()
    const method = new Replay({ samples: 5, method: new Ewc({ lambda: 1 }) })
    method.consolidate(task(model))
    const before = method.state(model.parameters())
    model.parameters()[0]!.data[0] = Number.NaN
    expect(codeOf(() => method.consolidate({ ...task(model), set: second }))).toBe('NON_FINITE')
    expect(method.state(model.parameters())).toEqual(before)
  })
})

describe('state of Replay', () => {
  const sets = [1, 2, 3].map((seed) => blobs({ count: 40, features: 6, classes: 4, seed })) as LabelledSet[]

  it.each(['alone', 'ewc', 'kfac', 'lwf'])('restored, goes on with the same bits: %s', (name) => {
    const make = (weight: number) => {
      const others = { ewc: new Ewc({ lambda: 3 }), kfac: new Kfac({ lambda: 2 }), lwf: new Lwf(), alone: null }
      const method = others[name as keyof typeof others]
      return new Replay({ samples: 9, weight, selection: 'reservoir', ...(method && { method }) })
    }
    const run = (restores: boolean, weight = 1) => {
      const model = makeModel(true)
      const learn = (method: Method, some: readonly LabelledSet[]) => {
        const learner = new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }), method })
        for (const one of some) {
          for (let i = 0; i < 4; i++) learner.step(inputsOf(one), one.labels)
          learner.consolidate(one)
        }
      }
      const old = make(weight)
      learn(old, sets.slice(0, 2))
      const method = restores ? make(weight) : old
      if (restores) method.restore(model.parameters(), old.state(model.parameters()))
      learn(method, sets.slice(1))
      return stateOf(model)
    }
    expect(run(true)).toBe(run(false))
    expect(run(true)).not.toBe(run(true, 0))
  })

  it('refuses what does not fit, and remembers what it did', () => {
    const model = makeModel()
    const method = new Replay({ samples: 5, method: new Ewc({ lambda: 1 }) })
    method.consolidate(task(model))
    const good = method.state(model.parameters())
    const wrong = (changes: object, arrays: object = {}) =>
      codeOf(() => method.restore(model.parameters(), { ...good, ...changes, arrays: { ...good.arrays, ...arrays } }))
    for (const code of [
      wrong({ method: 'replay' }),
      wrong({ numbers: { ...good.numbers, features: 5 } }),
      wrong({ numbers: { ...good.numbers, seen: 4 } }),
      wrong({}, { inputs: new Float64Array(30) }),
      wrong({}, { inputs: new Uint8Array(29) }),
      wrong({}, { labels: new Uint8Array(0) }),
      wrong({}, { labels: new Uint8Array(6), tasks: new Float64Array(6), inputs: new Uint8Array(36) }),
      wrong({}, { labels: new Uint8Array(5).fill(4) }),
      wrong({}, { tasks: new Float64Array(5).fill(1) }),
      wrong({}, { tasks: undefined }),
      wrong({}, { heads: Float64Array.of(0) }),
      wrong({}, { random: undefined }),
      wrong({}, { 'other/layers.0.weight/anchor': new Uint8Array(42) }),
    ])
      expect(code).toBe('INVALID_ARGUMENT')
    expect(method.state(model.parameters())).toEqual(good)
    const bare: Method = { name: 'bare', storesSamples: false, consolidate() {} }
    expect(thrown(() => new Replay({ samples: 5, method: bare }).state([])).message).toContain('bare has no state')
  })

  it('refuses options, sets and models that make no term', () => {
    for (const wrong of [0, 1.5, Number.NaN, -1]) {
      expect(codeOf(() => new Replay({ samples: wrong }))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => new Replay({ samples: 1, batchSize: wrong }))).toBe('INVALID_ARGUMENT')
    }
    expect(codeOf(() => new Replay({ samples: 1, weight: -1 }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => new Replay({ samples: 1, seed: -1 }))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => new Replay({ samples: 1, selection: 'all' as never }))).toBe('INVALID_ARGUMENT')
    const method = new Replay({ samples: 3 })
    method.consolidate({ ...task(makeModel(false, [5, 4])), set: blobs({ features: 5, classes: 4 }) })
    expect(codeOf(() => method.consolidate(task(makeModel())))).toBe('SHAPE')
    expect(codeOf(() => termOf(method, makeModel()))).toBe('SHAPE')
  })
})
