// A method of one's own: every weight on the same spring, no Fisher. `node dist/examples/own-method.js`
import { Adam, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import type { Parameter } from 'palimpsest/autograd'
import type { Method } from 'palimpsest/continual'
import { subset } from 'palimpsest/data'

/** (lambda / 2) |theta - anchor|^2, the anchor being the weights after the last task */
function spring(lambda: number): Method {
  let anchors = new Map<Parameter, Float32Array>()
  return {
    name: 'spring',
    storesSamples: false,
    consolidate({ model }) {
      anchors = new Map(model.parameters().map((parameter) => [parameter, parameter.data.slice()]))
    },
    addGradient(parameters) {
      let sum = 0
      for (const parameter of parameters)
        anchors.get(parameter)?.forEach((anchor, i) => {
          const moved = (parameter.data[i] ?? 0) - anchor
          parameter.gradient[i] = (parameter.gradient[i] ?? 0) + lambda * moved
          sum += moved * moved
        })
      return (lambda / 2) * sum
    },
  }
}

const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
for (const lambda of [0, 0.01]) {
  const learner = new Learner(new Mlp([784, 100, 10], { seed: 1 }), { optimizer: new Adam(), method: spring(lambda) })
  for (const { train } of [mnist, fashion]) {
    const set = subset(train, { to: 12_000 })
    for await (const _ of learner.fit(set, { epochs: 2 }));
    learner.consolidate(set)
  }
  const [old, recent] = [mnist, fashion].map(({ test }) => learner.evaluate(test).accuracy.toFixed(4))
  console.log(`lambda ${lambda}: MNIST ${old}, Fashion ${recent}`)
}
