// The article's four steps, with EWC and without. `node dist/examples/article.js`, or `--images 6000` for a quick look.
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { Adam, batches, Ewc, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { type LabelledSet, subset } from 'palimpsest/data'

const { values } = parseArgs({ options: { images: { type: 'string', default: '60000' } } })

// 1. load both sets
const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]

for (const method of [new Ewc({ lambda: 100, floor: 1 }), null]) {
  const model = new Mlp([784, 100, 10], { seed: 1 })
  const learner = new Learner(model, { optimizer: new Adam({ learningRate: 1e-3 }), method })

  const train = (set: LabelledSet) => {
    const bar = new SingleBar({ format: `${set.name} |{bar}| epoch {epoch} loss {loss}` })
    const order = batches(set, { size: 100, shuffle: true, seed: 1 })
    bar.start(4 * order.length, 0, { epoch: 1, loss: '' })
    for (let epoch = 1; epoch <= 4; epoch++)
      for (const { x, y } of order) bar.increment({ epoch, loss: learner.step(x, y).toFixed(3) })
    bar.stop()
  }
  const first = subset(mnist.train, { to: Number(values.images) })
  const second = subset(fashion.train, { to: Number(values.images) })

  train(first) // 2. learn MNIST
  learner.consolidate(first, { batchSize: 100, batches: 300 }) // 3. register it: anchor and Fisher
  train(second) // 4. learn Fashion-MNIST, then see what is left of MNIST

  const accuracy = (set: LabelledSet) => learner.evaluate(set).accuracy.toFixed(4)
  console.log(`${method ? 'with' : 'without'} EWC: MNIST ${accuracy(mnist.test)}, Fashion ${accuracy(fashion.test)}`)
}
