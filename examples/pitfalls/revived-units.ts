// Units that were silent on the old task wake up on the new one. `node dist/examples/pitfalls/revived-units.js`
import { Adam, batches, Ewc, Learner, linearDecay, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { linear, type Matrix, type Parameter, Tape, type Vector } from 'palimpsest/autograd'
import { type LabelledSet, subset } from 'palimpsest/data'

const UNITS = 100
const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
const first = subset(mnist.train, { to: 12_000 })
const second = subset(fashion.train, { to: 12_000 })

/** the hidden units that fire on some image of the set */
function firing(model: Mlp, set: LabelledSet): Set<number> {
  const [weight, bias] = model.parameters() as [Parameter<Matrix<number, 784>>, Parameter<Vector>]
  const tape = new Tape()
  const units = new Set<number>()
  for (const { x, y } of batches(set, { size: 1000 })) {
    const hidden = tape.step(() => linear(tape.input(x, [y.length, 784]), weight, bias, { relu: true }).read())
    hidden.forEach((value, i) => {
      if (value > 0) units.add(i % UNITS)
    })
  }
  return units
}

for (const floor of [0, 1]) {
  const model = new Mlp([784, UNITS, 10], { seed: 2 })
  const optimizer = new Adam({ learningRate: 5e-3 })
  const learner = new Learner(model, { optimizer, method: new Ewc({ lambda: 100, floor }) })
  const accuracy = () => learner.evaluate(mnist.test).accuracy.toFixed(4)
  for await (const _ of learner.fit(first, { epochs: 4 }));
  learner.consolidate(first)
  const before = { accuracy: accuracy(), firing: firing(model, first) }
  optimizer.reset()
  for await (const _ of learner.fit(second, { epochs: 4, schedule: linearDecay }));
  const revived = [...firing(model, first)].filter((unit) => !before.firing.has(unit))
  const after = accuracy()
  // cut what the revived units send to the logits, and nothing else
  const outgoing = model.parameters()[2]?.data
  for (const unit of revived)
    for (let label = 0; label < 10; label++) outgoing?.fill(0, label * UNITS + unit, label * UNITS + unit + 1)
  console.log(`floor ${floor}: ${UNITS - before.firing.size} units silent on MNIST, revived later: ${revived.length}`)
  console.log(`  MNIST ${before.accuracy} -> ${after}, with the revived units cut off ${accuracy()}`)
}
