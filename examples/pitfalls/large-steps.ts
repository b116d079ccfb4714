// A step longer than the penalty's curvature allows goes further away. `node dist/examples/pitfalls/large-steps.js`
import { Adam, Ewc, Learner, labelledSet, Mlp, PalimpsestError, Sgd } from 'palimpsest'
import { Parameter, Tape } from 'palimpsest/autograd'
import { ewcPenalty } from 'palimpsest/continual'

const LAMBDA = 1000
const FISHER = 0.5

/** one weight, pulled from 1 back to its anchor 0 by nothing but the penalty: its distance after 50 steps */
function distance(product: number): number {
  const weight = new Parameter('weight', [1], new Float32Array([1]))
  const memory = { parameter: weight, fisher: new Float32Array([FISHER]), anchor: new Float32Array(1) }
  const optimizer = new Sgd({ learningRate: product / (LAMBDA * FISHER) })
  const tape = new Tape()
  for (let step = 0; step < 50; step++)
    tape.step(() => {
      tape.backward(ewcPenalty(tape, [memory], LAMBDA), [weight])
      optimizer.step([weight])
    })
  return Math.abs(weight.data[0] ?? 0)
}
const found = [0.5, 1.9, 2.1].map((product) => `${product}: ${distance(product).toExponential(1)}`)
console.log(`distance from the anchor after 50 steps, by learning rate x lambda x Fisher: ${found.join(', ')}`)

// the same in a network: Sgd refuses the step before anything changed, Adam normalises it
const x = new Float32Array([1, 0, 0, 1])
const set = labelledSet({
  name: 'two',
  inputs: Uint8Array.from(x, (v) => 255 * v),
  labels: new Uint8Array([0, 1]),
  features: 2,
  classes: 2,
})
for (const optimizer of [new Sgd({ learningRate: 0.1 }), new Adam({ learningRate: 0.1 })]) {
  const learner = new Learner(new Mlp([2, 2], { seed: 1 }), { optimizer, method: new Ewc({ lambda: LAMBDA }) })
  learner.consolidate(set)
  try {
    for (let step = 0; step < 50; step++) learner.step(x, new Uint8Array([1, 0]))
    console.log(`${optimizer.constructor.name}: 50 steps, penalty ${learner.penalty?.toFixed(3)}`)
  } catch (error) {
    if (!(error instanceof PalimpsestError)) throw error
    console.log(`${optimizer.constructor.name}: ${error.code}: ${error.message.split(':')[0]}`)
  }
}
