import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { everyOf, inside, NETS, type Net, SMALL, uniform } from './inside.ts'
import { type Entry, figureOf, type Section, scaled } from './section.ts'
import type { Subject } from './subject.ts'

export const BATCHES = [1, 8, 32, 100, 256, 1024] as const

/** most microseconds of `Learner.predict` for one row of the small network */
const ONE_ROW = 4

export function inference(): Section {
  return {
    id: 'inference',
    title: 'Inference',
    sentence:
      'Microseconds of one thread for the labels and probabilities of a batch, from a frozen Predictor; "learner" is Learner.predict.',
    entries: [
      ...NETS.flatMap((net) => BATCHES.map((batch) => entry(subjectOf(inferenceName(net, batch), net, batch, frozen)))),
      ...NETS.map((net) =>
        entry(subjectOf(`${inferenceName(net, 1)}/learner`, net, 1, learning), net === SMALL ? ONE_ROW : undefined),
      ),
    ],
  }
}

export const inferenceName = (net: Net, batch: number): string => `inference/${net.name}/${batch}`

const flopsOf = ({ sizes }: Net, batch: number) =>
  sizes.slice(1).reduce((sum, size, layer) => sum + 2 * batch * size * (sizes[layer] as number), 0)

function entry(subject: Subject, target?: number): Entry {
  const { name } = subject
  return {
    name,
    subjects: [subject],
    figures: (samples) => figureOf(name, scaled(samples, name, 1e6), { unit: 'us', better: 'lower', target }),
  }
}

/** what answers for rows */
type Answering = (model: Mlp) => Pick<Learner, 'predict'>

const frozen: Answering = (model) => model.freeze()
const learning: Answering = (model) => new Learner(model, { optimizer: new Adam() })

function subjectOf(name: string, net: Net, batch: number, answering: Answering): Subject {
  return inside(name, { every: everyOf(flopsOf(net, batch)) }, () => {
    const answers = answering(new Mlp(net.sizes, { seed: 1 }))
    const x = uniform(batch * (net.sizes[0] as number))
    return () => void answers.predict(x)
  })
}
