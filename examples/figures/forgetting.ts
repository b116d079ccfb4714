// MNIST while Fashion-MNIST is learnt. `node dist/examples/figures/forgetting.js --svg docs/figures/forgetting.svg`
import { Adam, Ewc, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { type Line, save } from './chart.ts'

const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]

/** accuracy on MNIST at every so many steps of the second task */
async function fade(method: Ewc | null): Promise<[number, number][]> {
  const learner = new Learner(new Mlp([784, 100, 10], { seed: 1 }), { optimizer: new Adam(), method })
  for await (const _ of learner.fit(mnist.train, { epochs: 2 }));
  learner.consolidate(mnist.train)
  const accuracy = () => learner.evaluate(mnist.test).accuracy
  const points: [number, number][] = [[0, accuracy()]]
  for await (const { step, type } of learner.fit(fashion.train, { epochs: 2, every: 50 }))
    if (type === 'step' && (step <= 300 || step % 150 === 0)) points.push([step, accuracy()])
  return points
}

const lines: Line[] = [
  { name: 'with EWC', colour: 'blue', points: await fade(new Ewc({ lambda: 100, floor: 1 })) },
  { name: 'without', colour: 'orange', points: await fade(null) },
]
for (const { name, points } of lines)
  console.log(
    `${name}: ${[0, 1, 2, 6, -1]
      .map((i) =>
        points
          .at(i)
          ?.map((v) => +v.toFixed(4))
          .join(' steps '),
      )
      .join(', ')}`,
  )
save({
  title: 'Accuracy on MNIST while Fashion-MNIST is learnt',
  x: { label: 'steps on Fashion-MNIST', ticks: [0, 300, 600, 900, 1200] },
  y: { label: 'accuracy on MNIST', ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  lines,
})
