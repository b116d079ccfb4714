/** Uses every entry, and prints what a training gave: the sha256 of the weights, and the kernels they came from. */
const BODY = `
  const set = labelledSet({
    name: 'toy',
    inputs: Uint8Array.from({ length: 800 }, (_, index) => (index * 37) % 256),
    labels: Uint8Array.from({ length: 40 }, (_, index) => index % 3),
    features: 20,
    classes: 3,
  })
  const model = new Mlp([20, 16, 3], { seed: 1 })
  const learner = new Learner(model, { optimizer: new Adam(), method: new Ewc({ lambda: 5 }) })
  for (const _ of [1, 2]) {
    for await (const _ of learner.fit(set, { epochs: 2, batchSize: 7 }));
    learner.consolidate(set)
  }
  const hash = createHash('sha256')
  for (const { data } of model.parameters()) hash.update(data)
  // in a thread, which runs a file of its own
  const classifier = await ContinualClassifier.create({ inputs: 2 })
  await classifier.learn(Float32Array.of(1, 0, 0, 1), ['a', 'b'])
  const { label, probability } = classifier.predict(Float32Array.of(0, 1))
  await classifier.close()
  const found = { weights: hash.digest('hex'), accuracy: learner.evaluate(set).accuracy, label, probability }
`

export const ESM = `
import { createHash } from 'node:crypto'
import { Adam, Ewc, labelledSet, Learner, Mlp } from 'palimpsest'
import { ContinualClassifier } from 'palimpsest/serving'
${BODY}
console.log(JSON.stringify(found))
`

export const COMMONJS = `
const { createHash } = require('node:crypto')
const { Adam, Ewc, labelledSet, Learner, Mlp } = require('palimpsest')
const { ContinualClassifier } = require('palimpsest/serving')
async function main() {${BODY}
  console.log(JSON.stringify(found))
}
main()
`

export const IN_WORKER = `
import { Worker } from 'node:worker_threads'
new Worker(new URL('./esm.mjs', import.meta.url))
`

/** without top-level await, for a bundle in CommonJS */
export const TO_BUNDLE = `
import { createHash } from 'node:crypto'
import { Adam, Ewc, labelledSet, Learner, Mlp } from 'palimpsest'
import { ContinualClassifier } from 'palimpsest/serving'
async function main() {${BODY}
  console.log(JSON.stringify(found))
}
main()
`

/** What the compiler must accept, and twice refuse. */
export const TYPED = `
import { Adam, ERROR_CODES, type ErrorCode, Ewc, type FitEvent, Learner, labelledSet, Mlp, PalimpsestError } from 'palimpsest'
import { matmul, type Matrix, sum, Tape, type Tensor, tensor } from 'palimpsest/autograd'
import { type Diagonal, fisherDiagonal, type Method } from 'palimpsest/continual'
import { batches, cacheFolder, type LabelledSet, subset } from 'palimpsest/data'

const set: LabelledSet = labelledSet({
  name: 'toy',
  inputs: Uint8Array.from({ length: 40 }, (_, index) => (index * 37) % 256),
  labels: Uint8Array.from({ length: 10 }, (_, index) => index % 2),
  features: 4,
  classes: 2,
})
const method: Method = new Ewc({ lambda: 1 })
const learner = new Learner(new Mlp([4, 3, 2], { seed: 1 }), { optimizer: new Adam(), method })
const events: FitEvent[] = []
for await (const event of learner.fit(subset(set, { to: 8 }), { epochs: 2, batchSize: 4 })) events.push(event)
learner.consolidate(set)
const accuracy: number = learner.evaluate(set).accuracy
const length: number = batches(set, { size: 4 }).length

const tape = new Tape()
const total: number = tape.step(() => {
  const a = tape.input(new Float32Array(6).fill(1), [2, 3])
  const b = tape.input(new Float32Array(12).fill(1), [3, 4])
  const product: Tensor<Matrix<2, 4>> = matmul(a, b)
  // @ts-expect-error the columns of a are not the rows of a
  const wrong = () => matmul(a, a)
  // @ts-expect-error a vector has one axis
  const alsoWrong: Tensor<Matrix<2, 4>> = tensor([1, 2], [2])
  return sum(product).item() + (wrong === undefined || alsoWrong === undefined ? 1 : 0)
})
let code: ErrorCode | null = null
try {
  labelledSet({ name: 'none', inputs: new Uint8Array(0), labels: new Uint8Array(0), features: 4, classes: 2 })
} catch (error) {
  if (error instanceof PalimpsestError) code = error.code
}
export const found: readonly (string | number)[] = [events.length, length, total, code === null ? '' : ERROR_CODES[code], cacheFolder({ PALIMPSEST_DATA: '/data' }, 'linux')]
export type Names = [Diagonal, typeof fisherDiagonal, typeof accuracy]
`
