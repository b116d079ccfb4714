// MNIST's digits one class after the other, learnt in closed form: `node dist/examples/analytic.js`, with
// `--features 0,400`, `--ridge 1e-3`, `--set fashion`, and `--held-out` for the last 10,000 training images instead of the test.
import { parseArgs } from 'node:util'
import { batches, loadFashionMnist, loadMnist } from 'palimpsest'
import { Analytic } from 'palimpsest/continual'
import { labelledSet, subset } from 'palimpsest/data'

const { values } = parseArgs({
  options: {
    features: { type: 'string', default: '0,400,2000' },
    ridge: { type: 'string', default: '1e-3' },
    images: { type: 'string', default: '60000' },
    set: { type: 'string', default: 'mnist' },
    'held-out': { type: 'boolean', default: false },
  },
})
const { train, test } = await (values.set === 'fashion' ? loadFashionMnist() : loadMnist())
const learnt = subset(train, { to: values['held-out'] ? 50_000 : Number(values.images) })
const judged = values['held-out'] ? subset(train, { from: 50_000 }) : test

const digits = Array.from({ length: train.classes }, (_, digit) => {
  const rows = Array.from(learnt.labels.keys()).filter((row) => learnt.labels[row] === digit)
  const inputs = new Uint8Array(rows.length * train.features)
  rows.forEach((row, to) => {
    inputs.set(learnt.inputs.subarray(row * train.features, (row + 1) * train.features), to * train.features)
  })
  return labelledSet({
    ...train,
    name: `digit ${digit}`,
    inputs,
    labels: new Uint8Array(rows.length).fill(digit),
    count: rows.length,
  })
})

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1)

for (const features of values.features.split(',').map(Number)) {
  const options = { inputs: train.features, features, seed: 1 }
  const sums = new Analytic(options)
  const start = performance.now()
  for (const set of digits) sums.learnSet(set)
  const learning = seconds(start)
  for (const head of ['ridge', 'means'] as const)
    for (const ridge of values.ridge.split(',').map(Number)) {
      const analytic = new Analytic({ ...options, head, ridge })
      analytic.merge(sums)
      const begin = performance.now()
      analytic.solve()
      const solving = seconds(begin)
      let correct = 0
      for (const { x, y } of batches(judged, { size: 1000 })) {
        const { labels } = analytic.predict(x)
        correct += labels.filter((label, row) => label === y[row]).length
      }
      const accuracy = (correct / judged.count).toFixed(4)
      const state = (analytic.bytes / 1e6).toFixed(1)
      console.log(
        `${features} features, ${head} ${ridge}: ${accuracy}; learnt in ${learning} s, solved in ${solving} s, ${state} MB`,
      )
    }
}
