// How far the quadratic can be trusted. `node dist/examples/figures/quadratic.js --svg docs/figures/quadratic.svg`
import { Adam, Ewc, Learner, loadFashionMnist, loadMnist, Mlp } from 'palimpsest'
import { subset } from 'palimpsest/data'
import { save } from './chart.ts'

const first = subset((await loadMnist()).train, { to: 12_000 })
const second = subset((await loadFashionMnist()).train, { to: 12_000 })
const model = new Mlp([784, 100, 10], { seed: 1 })
const parameters = model.parameters()

// from the weights that MNIST left to those that Fashion-MNIST leaves when nothing holds them
const learner = new Learner(model, { optimizer: new Adam() })
for await (const _ of learner.fit(first, { epochs: 4 }));
const ewc = new Ewc({ lambda: 1 })
new Learner(model, { optimizer: learner.optimizer, method: ewc }).consolidate(first)
const from = parameters.map(({ data }) => data.slice())
for await (const _ of learner.fit(second, { epochs: 4 }));
const to = parameters.map(({ data }) => data.slice())

const x = Float32Array.from(first.inputs, (byte) => byte / 255)

function walk(share: number): void {
  parameters.forEach(({ data }, p) => {
    data.forEach((_, i) => {
      data[i] = (1 - share) * (from[p]?.[i] ?? 0) + share * (to[p]?.[i] ?? 0)
    })
  })
}
walk(0)
const start = { loss: learner.evaluate(first).loss, probabilities: learner.predict(x).probabilities }

const points = Array.from({ length: 13 }, (_, i) => i / 12).map((share) => {
  walk(share)
  return { share, rise: learner.evaluate(first).loss - start.loss, penalty: ewc.penalty(parameters) ?? 0 }
})
for (const { share, rise, penalty } of points.filter((_, i) => [3, 6, 9, 12].includes(i)))
  console.log(
    `${100 * share} % of the way: the loss rises by ${rise.toFixed(4)}, ` +
      `${(rise / penalty).toFixed(1)} times the penalty at lambda 1, ${penalty.toFixed(5)}`,
  )

// near the start, the mean Kullback-Leibler divergence is half of d' F d with the whole Fisher, not its diagonal alone
walk(0.02)
const { probabilities } = learner.predict(x)
const divergence = start.probabilities.reduce(
  (sum, p, i) => sum + (p > 0 ? p * Math.log(p / (probabilities[i] ?? 0)) : 0),
  0,
)
const whole = divergence / first.count / (ewc.penalty(parameters) ?? 0)
console.log(`the whole Fisher asks ${whole.toFixed(1)} times what its diagonal asks for this move`)

save({
  title: 'What moving costs MNIST, and what two quadratics say that it costs',
  x: { label: 'share of the way to the weights of Fashion-MNIST', ticks: [0, 0.25, 0.5, 0.75, 1] },
  y: { label: 'nats', ticks: [0, 0.5, 1, 1.5] },
  lines: [
    { name: 'loss on MNIST', colour: 'blue', points: points.map(({ share, rise }) => [share, rise]) },
    { name: 'whole Fisher', colour: 'grey', points: points.map(({ share, penalty }) => [share, whole * penalty]) },
    { name: 'its diagonal', colour: 'orange', points: points.map(({ share, penalty }) => [share, penalty]) },
  ],
})
