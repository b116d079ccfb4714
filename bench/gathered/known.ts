import type { TrainAndTest } from '../../src/data/load.ts'
import { type LabelledSet, subset } from '../../src/data/set.ts'
import { Engine } from '../../src/serving/engine.ts'
import { settingsOf } from '../../src/serving/settings.ts'
import { layoutOf, type Published, SlotReader, SlotWriter } from '../../src/serving/slots.ts'
import type { ClassifierOptions } from '../../src/serving/types.ts'
import type { Run } from './figures.ts'

/** images that are learnt, those of 8 and 9 left out, so many a call */
const LEARNT = 20_000
const CALL = 1000

export const MODELS: Readonly<Record<string, NonNullable<ClassifierOptions['model']>>> = {
  analytic: { kind: 'analytic' },
  'analytic-means': { kind: 'analytic', head: 'means' },
  network: { kind: 'network', method: 'none' },
}
export const RATES: readonly number[] = [0.01, 0.05, 0.1]

/** How many rows a classifier that knows the digits 0 to 7 does not know, of these and of 8 and 9. */
export function knownOf(name: string, rejectionRate: number, { train, test }: TrainAndTest): Run[] {
  const model = MODELS[name]
  const { features } = train
  const [learnt, fresh, others] = [rowsOf(subset(train, { to: LEARNT }), 0, 7), rowsOf(test, 0, 7), rowsOf(test, 8, 9)]
  const engine = new Engine(settingsOf({ inputs: features, rejectionRate, ...(model ? { model } : {}) }))
  for (let from = 0; from < learnt.labels.length; from += CALL) {
    engine.learn(learnt.x.subarray(from * features, (from + CALL) * features), learnt.labels.slice(from, from + CALL))
    engine.publish()
  }
  const published = engine.publish() as Published
  const writer = new SlotWriter(layoutOf(features, published))
  writer.write(published)
  const reader = new SlotReader(writer.memory, writer.layout)
  const unknown = (x: Float32Array) => {
    const answers = reader.predict(x)
    return answers.filter(({ known }) => !known).length / answers.length
  }
  const { overall, probe } = engine.report(fresh)
  const values = {
    'unknown-of-learnt': unknown(fresh.x),
    'unknown-of-others': unknown(others.x),
    'calibration-error': overall.calibrationError ?? Number.NaN,
    accuracy: probe?.accuracy ?? Number.NaN,
  }
  return Object.entries(values).map(([what, value]) => ({
    name: `known/${name}/${rejectionRate}/${what}`,
    seed: null,
    value,
  }))
}

/** rows and labels of some digits */
function rowsOf({ inputs, labels, features }: LabelledSet, from: number, to: number) {
  const chosen = Array.from(labels, (_, row) => row).filter((row) => {
    const label = labels[row] as number
    return label >= from && label <= to
  })
  const x = new Float32Array(chosen.length * features)
  chosen.forEach((row, index) => {
    for (let i = 0; i < features; i++)
      x[index * features + i] = Math.fround((inputs[row * features + i] as number) / 255)
  })
  return { x, labels: chosen.map((row) => String(labels[row])) }
}
