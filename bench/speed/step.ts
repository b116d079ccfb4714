import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Learner } from '../../src/training/learner.ts'
import { BEST, everyOf, inside, labelsOf, NETS, type Net, type Place, stepFlops, TABLES, uniform } from './inside.ts'
import { type Peak, peakRatios } from './kernels.ts'
import { partsOf } from './parts.ts'
import { type Entry, figureOf, type Section, scaled } from './section.ts'
import type { Subject } from './subject.ts'

/** one step through the public interface: a float32 batch that is ready, forward, backward, Adam */
export function stepSubject(name: string, sizes: readonly number[], batch: number, place: Place = {}): Subject {
  return inside(name, { every: everyOf(stepFlops(sizes, batch), place.table), ...place }, () => {
    const learner = new Learner(new Mlp(sizes, { seed: 1 }), { optimizer: new Adam() })
    const x = uniform(batch * (sizes[0] as number))
    const y = labelsOf(batch, sizes.at(-1) as number)
    return () => void learner.step(x, y)
  })
}

/** the figure of a step is that of the table which runs by itself */
export const stepName = ({ name, batch }: Net, threads: number = 1, table: string = BEST): string =>
  `step/${name}/${batch}/${threads}${table === BEST ? '' : `/${table}`}`

export const stepOf = (net: Net, threads: number = 1, table: string = BEST): Subject =>
  stepSubject(stepName(net, threads, table), net.sizes, net.batch, { table, threads })

export function steps(peaks: readonly Peak[]): Section {
  return {
    id: 'step',
    title: 'Training steps',
    sentence:
      'Microseconds of a step on one thread, and of the kernels in it; the ratio is to the time its products take at the FMA peak.',
    entries: NETS.flatMap((net) => [
      // minutes a step are of no use to anyone
      ...TABLES.filter((table) => table !== 'portable' || stepFlops(net.sizes, net.batch) < 1e8).map((table) =>
        stepEntry(net, table, peaks),
      ),
      ...partsOf(net, stepName(net)),
    ]),
  }
}

function stepEntry(net: Net, table: string, peaks: readonly Peak[]): Entry {
  const subject = stepOf(net, 1, table)
  const { name } = subject
  return {
    name,
    subjects: [subject, ...peaks.map((peak) => peak.subject)],
    figures: (samples) => [
      ...figureOf(name, scaled(samples, name, 1e6), { unit: 'us', better: 'lower' }),
      ...figureOf(
        `${name}/bound-ratio`,
        peakRatios(samples, name, stepFlops(net.sizes, net.batch), peaks).map((share) => 1 / share),
        { unit: 'ratio', better: 'lower', target: table === BEST ? net.bound : undefined },
      ),
    ],
  }
}
