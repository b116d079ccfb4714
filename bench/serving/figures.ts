// What docs/serving.md quotes: node dist/bench/serving/figures.js [seeds]. Minutes; prints two tables.
import { Ewc } from '../../src/continual/ewc.ts'
import { type Diagonal, fisherDiagonal } from '../../src/continual/fisher.ts'
import { RunningFisher } from '../../src/continual/running-fisher.ts'
import { batches } from '../../src/data/batches.ts'
import { loadFashionMnist, loadMnist } from '../../src/data/load.ts'
import { type LabelledSet, subset } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Engine } from '../../src/serving/engine.ts'
import { settingsOf } from '../../src/serving/settings.ts'
import { layoutOf, type Published, SlotReader, SlotWriter } from '../../src/serving/slots.ts'
import type { ClassifierOptions } from '../../src/serving/types.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'

const BATCH = 100
const SAMPLES = 10_000
const seeds = Number(process.argv[2] ?? 3)
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const spread = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1))
const told = (values: readonly number[]): string => `${mean(values).toFixed(3)} +- ${spread(values).toFixed(3)}`

/** one pass, gathering squares after each step, as a classifier does */
function learn(learner: Learner, model: Mlp, set: LabelledSet, seed: number): RunningFisher {
  const gathered = new RunningFisher(model.parameters())
  for (const { x, y } of batches(set, { size: BATCH, shuffle: true, seed: Random.from(seed, 'order'), reuse: true })) {
    learner.step(x, y)
    gathered.add(model, x, y)
  }
  return gathered
}

function ranks(values: Float32Array): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const rank = new Float64Array(values.length)
  order.forEach((at, place) => {
    rank[at] = place
  })
  return rank
}

/** Spearman's, ties in the order of their places */
function correlation(a: Float32Array, b: Float32Array): number {
  const [x, y, middle] = [ranks(a), ranks(b), (a.length - 1) / 2]
  let [xy, xx] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    xy += ((x[i] as number) - middle) * ((y[i] as number) - middle)
    xx += ((x[i] as number) - middle) ** 2
  }
  return xy / xx
}

const nonZero = (a: Float32Array, b: Float32Array): [Float32Array, Float32Array] => {
  const kept = Array.from(a, (_, i) => i).filter((i) => (a[i] as number) > 0 && (b[i] as number) > 0)
  return [Float32Array.from(kept, (i) => a[i] as number), Float32Array.from(kept, (i) => b[i] as number)]
}

async function gatheredFigures(): Promise<void> {
  const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
  const figures = new Map<string, number[]>()
  const note = (name: string, value: number) => figures.set(name, [...(figures.get(name) ?? []), value])
  for (let seed = 1; seed <= seeds; seed++) {
    for (const kind of ['gathered', 'exact', 'exact, lambda as equal sums', 'none']) {
      const model = new Mlp([784, 100, 10], { seed })
      const first = learn(new Learner(model, { optimizer: new Adam() }), model, mnist.train, seed).diagonal()
      const exact = fisherDiagonal(model, mnist.train, {
        estimator: 'exact',
        samples: SAMPLES,
        random: Random.from(seed, 'fisher'),
      })
      const sum = (diagonal: Diagonal) => [...diagonal.values()].reduce((s, f) => s + f.reduce((a, b) => a + b, 0), 0)
      const ratio = sum(first) / sum(exact)
      if (kind === 'gathered')
        for (const [parameter, f] of first) {
          const other = exact.get(parameter) as Float32Array
          note(`ratio of sums, ${parameter.name}`, f.reduce((a, b) => a + b, 0) / other.reduce((a, b) => a + b, 0))
          note(`rank correlation, ${parameter.name}`, correlation(...nonZero(f, other)))
        }
      const method =
        kind === 'none' ? null : new Ewc({ lambda: kind.endsWith('sums') ? 100 * ratio : 100, mode: 'online' })
      method?.add(kind === 'gathered' ? first : exact)
      const learner = new Learner(model, { optimizer: new Adam(), method })
      learn(learner, model, fashion.train, seed)
      note(`accuracy, ${kind}: MNIST`, learner.evaluate(mnist.test).accuracy)
      note(`accuracy, ${kind}: Fashion-MNIST`, learner.evaluate(fashion.test).accuracy)
    }
  }
  for (const [name, values] of figures) console.log(`${name}: ${told(values)}`)
}

/** rows and labels of some digits */
function rowsOf(set: LabelledSet, from: number, to: number) {
  const chosen = Array.from(set.labels, (_, row) => row).filter((row) => {
    const label = set.labels[row] as number
    return label >= from && label <= to
  })
  const x = new Float32Array(chosen.length * set.features)
  chosen.forEach((row, index) => {
    for (let i = 0; i < set.features; i++)
      x[index * set.features + i] = Math.fround((set.inputs[row * set.features + i] as number) / 255)
  })
  return { x, labels: chosen.map((row) => String(set.labels[row])) }
}

async function knownFigures(): Promise<void> {
  const { train, test } = await loadMnist()
  const [learnt, fresh, others] = [rowsOf(subset(train, { to: 20_000 }), 0, 7), rowsOf(test, 0, 7), rowsOf(test, 8, 9)]
  const models: Record<string, ClassifierOptions['model']> = {
    analytic: { kind: 'analytic' },
    'analytic, means': { kind: 'analytic', head: 'means' },
    network: { kind: 'network', method: 'none' },
  }
  for (const [name, model] of Object.entries(models))
    for (const rejectionRate of [0.01, 0.05, 0.1]) {
      const engine = new Engine(settingsOf({ inputs: 784, rejectionRate, ...(model ? { model } : {}) }))
      for (let from = 0; from < learnt.labels.length; from += 1000) {
        engine.learn(learnt.x.subarray(from * 784, (from + 1000) * 784), learnt.labels.slice(from, from + 1000))
        engine.publish()
      }
      const published = engine.publish() as Published
      const writer = new SlotWriter(layoutOf(784, published))
      writer.write(published)
      const reader = new SlotReader(writer.memory, writer.layout)
      const unknown = (x: Float32Array) => mean(reader.predict(x).map(({ known }) => Number(!known)))
      const { overall, temperature, probe } = engine.report(fresh)
      console.log(
        `${name}, rate ${rejectionRate}: unknown of 0 to 7 ${unknown(fresh.x).toFixed(3)}, of 8 and 9 ${unknown(others.x).toFixed(3)}; ` +
          `temperature ${temperature.toFixed(3)}, calibration error ${overall.calibrationError?.toFixed(3)}, accuracy ${probe?.accuracy.toFixed(3)}`,
      )
    }
}

await knownFigures()
await gatheredFigures()
