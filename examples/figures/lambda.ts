// Both tasks against lambda. `node dist/examples/figures/lambda.js --svg docs/figures/lambda.svg`
import { Adam, Ewc, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { subset } from 'palimpsest/data'
import { save } from './chart.ts'

const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
const first = subset(mnist.train, { to: 12_000 })
const second = subset(fashion.train, { to: 12_000 })

const exponents = [-1, 0, 1, 2, 3, 4, 5]
const found = { mnist: [] as [number, number][], fashion: [] as [number, number][] }
for (const exponent of exponents) {
  const method = new Ewc({ lambda: 10 ** exponent, floor: 1 })
  const learner = new Learner(new Mlp([784, 100, 10], { seed: 1 }), { optimizer: new Adam(), method })
  for await (const _ of learner.fit(first, { epochs: 4 }));
  learner.consolidate(first)
  for await (const _ of learner.fit(second, { epochs: 4 }));
  const [old, now] = [learner.evaluate(mnist.test).accuracy, learner.evaluate(fashion.test).accuracy]
  console.log(`lambda 10^${exponent}: MNIST ${old.toFixed(4)}, Fashion-MNIST ${now.toFixed(4)}`)
  found.mnist.push([exponent, old])
  found.fashion.push([exponent, now])
}
const superscript = (exponent: number) => [...String(exponent)].map((c) => '⁻⁰¹²³⁴⁵⁶'['-0123456'.indexOf(c)]).join('')
save({
  title: 'Accuracy on both tasks after both, by lambda',
  x: { label: 'lambda', ticks: exponents, format: (exponent) => `10${superscript(exponent)}` },
  y: { label: 'test accuracy', ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  lines: [
    { name: 'MNIST', colour: 'blue', points: found.mnist },
    { name: 'Fashion-MNIST', colour: 'orange', points: found.fashion },
  ],
})
