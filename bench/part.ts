import { type LabelledSet, subset, type TrainAndTest } from '../src/data/index.ts'

/** which images: all, a small part for a quick look, or training images only, the last 10,000 of each kept to judge by */
export type Part = 'all' | 'quick' | 'held-out'

const HELD_OUT = 10_000
const QUICK = { train: 6_000, test: 1_000 }

/** The part of both sets, under their own names. */
export function partOf({ train, test }: TrainAndTest, part: Part): TrainAndTest {
  const cut = (set: LabelledSet, range: Parameters<typeof subset>[1], name = set.name): LabelledSet => ({
    ...subset(set, range),
    name,
  })
  switch (part) {
    case 'all':
      return { train, test }
    case 'quick':
      return { train: cut(train, { to: QUICK.train }), test: cut(test, { to: QUICK.test }) }
    case 'held-out': {
      const border = train.count - HELD_OUT
      return { train: cut(train, { to: border }), test: cut(train, { from: border }, `${train.name} held out`) }
    }
  }
}
