// The article's estimator pairs each image with all labels of its batch. `node dist/examples/pitfalls/crossed-labels.js`
import { Adam, Learner, labelledSet, loadMnist, Mlp } from 'palimpsest'
import { Random } from 'palimpsest/autograd'
import { articleDiagonal, type Diagonal, fisherDiagonal } from 'palimpsest/continual'
import { type LabelledSet, subset } from 'palimpsest/data'

const train = subset((await loadMnist()).train, { to: 12_000 })
const model = new Mlp([784, 100, 10], { seed: 1 })
const learner = new Learner(model, { optimizer: new Adam() })
for await (const _ of learner.fit(train, { epochs: 4 }));

const random = () => Random.from(1)
const article = (set: LabelledSet, batchSize: number) =>
  articleDiagonal({ model, set, batchSize, batches: null, random: random() })
const fisher = (set: LabelledSet, estimator: 'exact' | 'empirical') =>
  fisherDiagonal(model, set, { estimator, random: random() })

// one batch of images, with their own labels, and with the labels of others
const own = subset(train, { to: 1000 })
const shifted = own.labels.map((_, row) => own.labels.at(row - 1) ?? 0)
const wrong = labelledSet({ ...own, name: 'wrong labels', labels: shifted })

const mean = (diagonal: Diagonal) => {
  const values = [...diagonal.values()].flatMap((array) => [...array])
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
const cosine = (a: Diagonal, b: Diagonal) => {
  const [x, y] = [a, b].map((diagonal) => [...diagonal.values()].flatMap((array) => [...array])) as [number[], number[]]
  const dot = (u: number[], v: number[]) => u.reduce((sum, value, i) => sum + value * (v[i] ?? 0), 0)
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
}

const times = (after: Diagonal, before: Diagonal) => (mean(after) / mean(before)).toFixed(3)
console.log('after every image was given the label of its neighbour, the mean of the estimate is')
console.log(`  the article's: ${times(article(wrong, 1000), article(own, 1000))} times what it was`)
console.log(`  the empirical Fisher: ${times(fisher(wrong, 'empirical'), fisher(own, 'empirical'))} times what it was`)
const [estimate, exact] = [article(train, 100), fisher(train, 'exact')]
console.log(`article / exact Fisher: mean ${times(estimate, exact)}, cosine ${cosine(estimate, exact).toFixed(3)}`)
