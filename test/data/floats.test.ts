import { expect, test } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Replay } from '../../src/continual/replay.ts'
import { batches } from '../../src/data/batches.ts'
import { permuted } from '../../src/data/permuted.ts'
import { rotated } from '../../src/data/rotated.ts'
import { type LabelledSet, labelledSet, union } from '../../src/data/set.ts'
import { split } from '../../src/data/split.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain, inputsOf, stateOf } from '../toy.ts'

const bytes = blobs()
const inFloats = (set: LabelledSet): LabelledSet => labelledSet({ ...set, inputs: inputsOf(set) })

const rowsOf = (set: LabelledSet) => [...batches(set, { size: 7, shuffle: true })].map(({ x, y }) => [...x, ...y])

test('a set of float32 gives the batches of the bytes that it was made of', () => {
  expect(rowsOf(inFloats(bytes))).toEqual(rowsOf(bytes))
  expect(rowsOf(union(inFloats(bytes), inFloats(bytes)))).toEqual(rowsOf(union(bytes, bytes)))
})

test('a learner comes to the same weights from it, with a penalty and with rows that are replayed', async () => {
  const trained = async (set: LabelledSet) => {
    const model = new Mlp([set.features, 8, set.classes], { seed: 3 })
    const method = new Replay({ samples: 10, method: new Ewc({ lambda: 3 }) })
    const learner = new Learner(model, { optimizer: new Adam(), method })
    for (let task = 0; task < 2; task++) {
      await drain(learner.fit(set, { batchSize: 9 }))
      learner.consolidate(set)
    }
    return stateOf(model)
  }
  expect(await trained(inFloats(bytes))).toBe(await trained(bytes))
})

test('streams of it hold float32', () => {
  const inputs = Float32Array.from({ length: 36 }, (_, at) => at / 10)
  const set = labelledSet({ name: 'four', inputs, labels: Uint8Array.of(0, 1, 2, 3), features: 9, classes: 4 })
  const sets = { train: set, test: set }
  expect(split(sets, 2, { labels: 'within' })[1]?.train().inputs).toEqual(inputs.slice(18))
  const turned = rotated(sets, { angles: [0, 90] })
  expect(turned[0]?.train().inputs).toEqual(inputs)
  expect([...(turned[1]?.test().inputs.subarray(0, 9) ?? [])]).toEqual([
    ...Float32Array.of(0.2, 0.5, 0.8, 0.1, 0.4, 0.7, 0, 0.3, 0.6),
  ])
  const other = permuted(sets, { tasks: 1, seed: 1 })[0]?.train().inputs.subarray(0, 9) ?? []
  expect([...other].sort()).toEqual([...inputs.subarray(0, 9)])
})
