// Squaring the mean gradient of a batch divides the Fisher by its size. `node dist/examples/pitfalls/batch-average.js`
import { Adam, batches, Learner, loadMnist, Mlp } from 'palimpsest'
import { Random, softmaxCrossEntropy, Tape } from 'palimpsest/autograd'
import { fisherDiagonal } from 'palimpsest/continual'
import { type LabelledSet, subset } from 'palimpsest/data'

const train = subset((await loadMnist()).train, { to: 12_000 })
const model = new Mlp([784, 100, 10], { seed: 1 })
const learner = new Learner(model, { optimizer: new Adam() })
for await (const _ of learner.fit(train, { epochs: 4 }));

const set = subset(train, { to: 4000 })
const tape = new Tape()

/** the mean over batches of |mean gradient of the batch|^2, all parameters together; `passes` over the set */
function squaredMean(of: LabelledSet, size: number, passes = 1): number {
  let total = 0
  const all = batches(of, { size, shuffle: true, seed: 1 })
  for (let pass = 0; pass < passes; pass++)
    for (const { x, y } of all)
      tape.step(() => {
        const loss = softmaxCrossEntropy(model.forward(tape.input(x, [y.length, of.features]), 'evaluation'), y)
        tape.backward(loss, model.parameters())
        for (const { gradient } of model.parameters()) total += gradient.reduce((sum, g) => sum + g * g, 0)
      })
  return total / (passes * all.length)
}

const squares = fisherDiagonal(model, set, { estimator: 'empirical', random: Random.from(1) })
const meanOfSquares = [...squares.values()].reduce((sum, array) => sum + array.reduce((a, b) => a + b, 0), 0)
const squareOfMean = squaredMean(set, set.count)
const variance = meanOfSquares - squareOfMean

for (const size of [10, 100, 1000, set.count]) {
  // a batch is drawn without replacement, so its mean varies a little less than Var / B
  const predicted = (variance / size) * ((set.count - size) / (set.count - 1)) + squareOfMean
  const measured = squaredMean(set, size, size < set.count ? Math.ceil(size / 20) : 1)
  const share = `1/${(meanOfSquares / measured).toFixed(1)} of the mean square`
  console.log(`B ${size}: measured ${measured.toPrecision(4)}, Var/B + mean^2 ${predicted.toPrecision(4)}, ${share}`)
}
