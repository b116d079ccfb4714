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
      'Microseconds of one thread for a batch; "learner" is Learner.predict, with its probabilities and labels.',
    entries: [
      ...NETS.flatMap((net) => BATCHES.map((batch) => entry(subjectOf(net, batch)))),
      ...NETS.map((net) => entry(learnerSubject(net, 1, '/learner'), net === SMALL ? ONE_ROW : undefined)),
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

const subjectOf = (net: Net, batch: number): Subject => learnerSubject(net, batch, '')

function learnerSubject(net: Net, batch: number, suffix: string): Subject {
  return inside(`${inferenceName(net, batch)}${suffix}`, { every: everyOf(flopsOf(net, batch)) }, () => {
    const learner = new Learner(new Mlp(net.sizes, { seed: 1 }), { optimizer: new Adam() })
    const x = uniform(batch * (net.sizes[0] as number))
    return () => void learner.predict(x)
  })
}
