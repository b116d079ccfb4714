// BatchNorm forgets although no weight moves. `node dist/examples/pitfalls/batchnorm-statistics.js`
import { Adam, Learner, loadFashionMnist, loadMnist, Mlp, Sgd } from 'palimpsest'
import { subset } from 'palimpsest/data'

const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]

/** learns MNIST, then sees Fashion-MNIST with a learning rate of 0: the weights stand, and so does any penalty on them */
async function look(freeze: boolean) {
  const model = new Mlp([784, 100, 100, 10], { seed: 1, batchNorm: true })
  const learner = new Learner(model, { optimizer: new Adam() })
  for await (const _ of learner.fit(subset(mnist.train, { to: 12_000 }), { epochs: 2 }));
  const before = learner.evaluate(mnist.test).accuracy
  const weights = model.parameters().map(({ data }) => data.slice())

  if (freeze) model.freezeStatistics()
  const still = new Learner(model, { optimizer: new Sgd({ learningRate: 0 }) })
  for await (const _ of still.fit(subset(fashion.train, { to: 6_000 })));

  const moved = model.parameters().filter(({ data }, i) => data.some((value, j) => value !== weights[i]?.[j])).length
  return { before, after: still.evaluate(mnist.test).accuracy, moved }
}

for (const freeze of [false, true]) {
  const { before, after, moved } = await look(freeze)
  console.log(
    `statistics ${freeze ? 'frozen' : 'moving'}: ${moved} of the parameters moved, ` +
      `MNIST ${before.toFixed(4)} -> ${after.toFixed(4)}`,
  )
}
