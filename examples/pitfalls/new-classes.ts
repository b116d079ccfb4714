// EWC keeps weights, not boundaries it never drew: digits 0 to 4, then 5 to 9. `node dist/examples/pitfalls/new-classes.js`
import { Adam, Ewc, Learner, labelledSet, loadMnist, Mlp } from 'palimpsest'
import { type LabelledSet, subset } from 'palimpsest/data'

const mnist = await loadMnist()

/** the images of the set whose label is from `from` to `from + 4` */
function digits(set: LabelledSet, from: number): LabelledSet {
  const rows = [...set.labels.keys()].filter((row) => Math.floor((set.labels[row] ?? 0) / 5) === from / 5)
  const inputs = new Uint8Array(rows.length * set.features)
  rows.forEach((row, i) => {
    inputs.set(set.inputs.subarray(row * set.features, (row + 1) * set.features), i * set.features)
  })
  const labels = Uint8Array.from(rows, (row) => set.labels[row] ?? 0)
  return labelledSet({ ...set, name: `digits ${from} to ${from + 4}`, inputs, labels, count: rows.length })
}
const train = subset(mnist.train, { to: 20_000 })
const [oldTrain, newTrain] = [digits(train, 0), digits(train, 5)]
const [oldTest, newTest] = [digits(mnist.test, 0), digits(mnist.test, 5)]

/** the share of old digits that the model, asked for one of the five alone, still tells apart */
function amongOld(learner: Learner): number {
  const x = Float32Array.from(oldTest.inputs, (byte) => byte / 255)
  const { probabilities } = learner.predict(x)
  const right = oldTest.labels.filter((label, row) => {
    const five = probabilities.subarray(row * 10, row * 10 + 5)
    return five.indexOf(Math.max(...five)) === label
  })
  return right.length / oldTest.count
}

for (const lambda of [0, 100, 1e4, 1e6]) {
  const learner = new Learner(new Mlp([784, 100, 10], { seed: 1 }), {
    optimizer: new Adam(),
    method: new Ewc({ lambda }),
  })
  for await (const _ of learner.fit(oldTrain, { epochs: 2 }));
  learner.consolidate(oldTrain)
  for await (const _ of learner.fit(newTrain, { epochs: 2 }));
  const [was, now] = [learner.evaluate(oldTest), learner.evaluate(newTest)].map(({ accuracy }) => accuracy.toFixed(4))
  console.log(
    `lambda ${lambda}: 0-4 ${was}, 5-9 ${now}; 0-4 when asked among 0-4 alone ${amongOld(learner).toFixed(4)}`,
  )
}
