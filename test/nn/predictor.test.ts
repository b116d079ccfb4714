import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { native } from '../../bindings/native.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { threads } from '../../src/tensor/threads.ts'
import { Learner } from '../../src/training/learner.ts'
import { stateOf } from '../toy.ts'
import { byTape, rowsOf, sameAnswer, used } from './answers.ts'

const TABLES = native.tables()
const first = { table: TABLES[native.currentTable()] as string, threads: threads() }
afterEach(() => {
  native.selectTable(first.table)
  threads(first.threads)
})

// products that add up in chains and in lanes, on both sides of every border between the two and far from it
const SIZES = [
  [9, 4],
  [63, 16, 10],
  [64, 16, 17, 5],
  [64, 17, 3],
  [383, 100, 10],
  [383, 16, 40],
  [384, 33, 70, 65, 10],
  [511, 40, 5],
  [512, 40, 5],
  [784, 100, 10],
  [784, 700, 10],
  [21, 48, 400, 19],
]
const NETS = SIZES.flatMap((sizes) => [false, true].map((batchNorm) => ({ sizes, batchNorm })))

// a workspace is 256 rows
const BATCHES = [1, 2, 3, 255, 256, 257, 600]

describe.each(NETS)('$sizes, BatchNorm $batchNorm: live and frozen answer', ({ sizes, batchNorm }) => {
  const model = used(sizes, batchNorm)
  const frozen = model.freeze()
  const x = rowsOf(model, 600)

  it.each(TABLES)('with the bits of the forward pass, under %s, for any batch and threads', (table) => {
    native.selectTable(table)
    threads(1)
    const small = table === 'portable' ? BATCHES.slice(0, 3) : BATCHES
    for (const batch of small) {
      const batchOfX = x.subarray(0, batch * model.inputs)
      threads(1)
      const expected = byTape(model, batchOfX)
      for (const count of [1, 2, 3]) {
        threads(count)
        const told = `${batch} rows, ${count} threads`
        expect(sameAnswer(model.predict(batchOfX), expected), told).toBe(true)
        expect(sameAnswer(frozen.predict(batchOfX), expected), told).toBe(true)
      }
    }
  })

  it('a row as if it were alone', () => {
    const { labels, probabilities } = frozen.predict(x)
    for (const row of [0, 1, 254, 255, 256, 511, 512, 599]) {
      const alone = frozen.predict(x.subarray(row * model.inputs, (row + 1) * model.inputs))
      expect(alone.labels[0]).toBe(labels[row])
      expect(alone.probabilities).toEqual(probabilities.subarray(row * model.outputs, (row + 1) * model.outputs))
    }
  })
})

// the products by rows, the first by columns, and the softmax
it.each([[[784, 100, 10]], [[20, 800, 5]], [[8, 100]]])('%j: several threads share the work', async (sizes) => {
  const model = used(sizes)
  const x = rowsOf(model, 600)
  threads(1)
  const expected = byTape(model, x)
  for (const answering of [model, model.freeze()]) {
    threads(2)
    const calls = native.forkJoins()
    // a pool that works alone for a while is asked again
    for (const end = Date.now() + 20_000; native.forkJoins() === calls && Date.now() < end; await setTimeout(10))
      expect(answering.predict(x)).toEqual(expected)
    expect(native.forkJoins()).toBeGreaterThan(calls)
  }
})

describe('while a learner trains on', () => {
  const sizes = [70, 20, 4]
  const training = (model: Mlp) => new Learner(model, { optimizer: new Adam({ learningRate: 0.01 }) })

  it.each([false, true])('a frozen copy keeps its answers and the model follows, BatchNorm %s', (batchNorm) => {
    const model = used(sizes, batchNorm)
    const learner = training(model)
    const x = rowsOf(model, 30)
    const y = Uint8Array.from({ length: 30 }, (_, row) => row % 4)
    const frozen = model.freeze()
    const before = frozen.predict(x)
    for (let step = 0; step < 20; step++) learner.step(x, y)
    expect(frozen.predict(x)).toEqual(before)
    expect(learner.predict(x)).not.toEqual(before)
    expect(learner.predict(x)).toEqual(byTape(model, x))
    expect(model.freeze().predict(x)).toEqual(byTape(model, x))
  })

  // each on its own, since one change in the answers does not tell what was copied
  it.each([0, 1, 2, 3])('a frozen copy shares nothing with layer array %i of the norm', (array) => {
    const model = used(sizes, true)
    const x = rowsOf(model, 5)
    const [norm] = model.norms
    const frozen = model.freeze()
    const before = frozen.predict(x)
    const all = [norm?.gamma.data, norm?.beta.data, norm?.runningMean, norm?.runningVariance]
    all[array]?.fill(0.5)
    expect(frozen.predict(x)).toEqual(before)
    expect(model.predict(x)).not.toEqual(before)
  })

  it('a frozen copy shares no parameter', () => {
    const model = used(sizes, true)
    const x = rowsOf(model, 5)
    const frozen = model.freeze()
    const before = frozen.predict(x)
    for (const { data } of model.parameters()) data.fill(0.25)
    expect(frozen.predict(x)).toEqual(before)
  })
})

describe('what was answered', () => {
  const model = used([30, 12, 3])

  it.each([1, 2])('is the caller’s: the next answer for %i rows leaves it alone', (rows) => {
    const [one, other] = [rowsOf(model, rows, 1), rowsOf(model, rows, 2)]
    const answer = model.predict(one)
    const copy = structuredClone(answer)
    expect(model.predict(other)).not.toEqual(copy)
    expect(answer).toEqual(copy)
  })

  it('does not depend on what was asked before: the workspace grows, and is larger than needed', () => {
    const fresh = (rows: number) => used([30, 12, 3]).predict(rowsOf(model, rows))
    for (const rows of [1, 300, 3, 2000, 1, 256]) expect(model.predict(rowsOf(model, rows))).toEqual(fresh(rows))
  })

  it('changes neither the model nor x', () => {
    const x = rowsOf(model, 4)
    const [state, copy] = [stateOf(model), x.slice()]
    model.predict(x)
    model.freeze().predict(x)
    expect(stateOf(model)).toBe(state)
    expect(x).toEqual(copy)
  })
})

it('many answers need no more memory than few', () => {
  const model = used([40, 20, 5])
  const [one, many] = [rowsOf(model, 1), rowsOf(model, 64)]
  const frozen = model.freeze()
  const ask = (times: number) => {
    for (let i = 0; i < times; i++) for (const rows of [one, many]) void [model.predict(rows), frozen.predict(rows)]
    const { rss } = process.memoryUsage()
    return rss / 2 ** 20
  }
  ask(20_000)
  const before = ask(1000)
  expect(ask(40_000) - before).toBeLessThan(24)
})
