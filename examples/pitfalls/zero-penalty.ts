// A penalty that is 0 looks like any other loss. `node dist/examples/pitfalls/zero-penalty.js`
import { Adam, Ewc, Learner, loadFashionMnist, loadMnist, Mlp, PalimpsestError } from 'palimpsest'
import { Random, Tape } from 'palimpsest/autograd'
import { ewcPenalty, fisherDiagonal, type Memory } from 'palimpsest/continual'
import { subset } from 'palimpsest/data'

const first = subset((await loadMnist()).train, { to: 6_000 })
const second = subset((await loadFashionMnist()).train, { to: 6_000 })
const model = new Mlp([784, 100, 10], { seed: 1 })
const learner = new Learner(model, { optimizer: new Adam() })
for await (const _ of learner.fit(first));

// by hand: an anchor that is the weights themselves, not a copy of them, moves along with them
const fisher = fisherDiagonal(model, first, { estimator: 'exact', random: Random.from(1) })
const memories = (anchorOf: (data: Float32Array) => Float32Array): Memory[] =>
  [...fisher].map(([parameter, values]) => ({ parameter, fisher: values, anchor: anchorOf(parameter.data) }))
const shared = memories((data) => data)
const copied = memories((data) => data.slice())
for await (const _ of learner.fit(second));
const penalty = (of: Memory[]) => new Tape().step((tape) => ewcPenalty(tape, of, 100).item())
console.log(`after Fashion-MNIST, the anchor shared: penalty ${penalty(shared)}; copied: ${penalty(copied).toFixed(3)}`)

// what Ewc does instead of being silent
const refusal = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof PalimpsestError) return `${error.code}: ${error.message.slice(0, 60)}...`
    throw error
  }
  return 'nothing was refused'
}
const nothing = new Map(model.parameters().map((parameter) => [parameter, new Float32Array(parameter.size)]))
console.log(`a Fisher of zeros: ${refusal(() => new Ewc({ lambda: 100 }).add(nothing))}`)
const ewc = new Ewc({ lambda: 100 })
ewc.add(fisher)
console.log(`another model: ${refusal(() => ewc.penalty(new Mlp([784, 100, 10]).parameters()))}`)
