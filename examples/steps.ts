// The four steps of the article, spelled out: train, register, train on, evaluate. `node dist/examples/steps.js`
import { SingleBar } from 'cli-progress'
import { Adam, batches, Ewc, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { subset } from 'palimpsest/data'

const SAMPLES = 6_000

const sets = [await loadMnist(), await loadFashionMnist()].map(({ train, test }) => ({
  train: subset(train, { to: SAMPLES }),
  test,
}))
const learner = new Learner(new Mlp([784, 100, 10], { seed: 1 }), {
  optimizer: new Adam({ learningRate: 1e-3 }),
  method: new Ewc({ lambda: 100 }),
})

for (const { train } of sets) {
  const order = batches(train, { size: 100, shuffle: true, seed: 1 })
  const bar = new SingleBar({ format: `${train.name} |{bar}| {value}/{total} loss {loss}` })
  bar.start(order.length, 0, { loss: '' })
  for (const { x, y } of order) bar.increment({ loss: learner.step(x, y).toFixed(3) })
  bar.stop()
  learner.consolidate(train, { batchSize: 100, batches: 30 })
}

for (const { test } of sets) {
  const { accuracy } = learner.evaluate(test)
  console.log(`${test.name}: ${accuracy.toFixed(4)}`)
}
