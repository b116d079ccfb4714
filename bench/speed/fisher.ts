import { fisherDiagonal } from '../../src/continual/fisher.ts'
import type { LabelledSet } from '../../src/data/index.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { inside, SMALL } from './inside.ts'
import { type Entry, figureOf, type Section, scaled } from './section.ts'

const KINDS = ['exact', 'sampled', 'empirical'] as const

export const fisherName = (kind: string): string => `fisher/${SMALL.name}/${kind}`

export function fishers(set: LabelledSet): Section {
  return {
    id: 'fisher',
    title: `Fisher of ${set.count.toLocaleString('en')} samples`,
    sentence: `Seconds of one thread for ${set.name}, squares summed in one product a layer.`,
    entries: KINDS.map((kind): Entry => {
      const name = fisherName(kind)
      const subject = inside(name, { every: 10 }, () => {
        const model = new Mlp(SMALL.sizes, { seed: 1 })
        return () => void fisherDiagonal(model, set, { estimator: kind, random: Random.from(1) })
      })
      return {
        name,
        subjects: [subject],
        figures: (samples) =>
          figureOf(name, scaled(samples, name, 1), {
            unit: 's',
            better: 'lower',
            params: { set: set.name, samples: set.count },
          }),
      }
    }),
  }
}
