import type { LabelledSet, TrainAndTest } from '../../src/data/index.ts'
import { subset } from '../../src/data/set.ts'
import { permuted, rotated, type Stream, split, streamOf } from '../../src/data/streams.ts'
import type { Protocol, Scenario } from './protocols.ts'

/** The raw sets, handed to workers as they are. */
export interface Raw {
  readonly mnist: TrainAndTest
  readonly fashion?: TrainAndTest
}

/** which images: all, or training images only, the last 10,000 of each set to judge by; or a small part, to see that all works */
export type Part = 'all' | 'held-out' | 'quick'

/** a search asks for no more, and of 50 tasks the whole matrix would take longer to judge than to learn */
export const judgesEndAlone = (
  { part, share }: { readonly part: Part; readonly share: number },
  tasks: number,
): boolean => (part === 'held-out' && share < 1) || tasks > 20

const HELD_OUT = 10_000
const QUICK = { train: 6_000, test: 1_000 }

function reduce({ train, test }: TrainAndTest, part: Part): TrainAndTest {
  const named = (set: LabelledSet, name: string) => ({ ...set, name })
  switch (part) {
    case 'all':
      return { train, test }
    case 'quick':
      return {
        train: named(subset(train, { to: QUICK.train }), train.name),
        test: named(subset(test, { to: QUICK.test }), test.name),
      }
    case 'held-out':
      return {
        train: named(subset(train, { to: train.count - HELD_OUT }), train.name),
        test: named(subset(train, { from: train.count - HELD_OUT }), `${train.name} held out`),
      }
  }
}

/** The tasks of one run. Permutations are the seed's. */
export function tasksOf(protocol: Protocol, scenario: Scenario, seed: number, raw: Raw, part: Part): Stream {
  const mnist = reduce(raw.mnist, part)
  const { tasks } = protocol
  switch (protocol.stream) {
    case 'mnist-fashion':
      if (!raw.fashion) throw new Error('this stream needs Fashion-MNIST')
      return streamOf([mnist, reduce(raw.fashion, part)])
    case 'split-mnist':
      return split(mnist, tasks, { labels: scenario === 'class' ? 'seen' : 'within' })
    case 'permuted-mnist': {
      const { padTo, firstPlain } = protocol
      return permuted(mnist, {
        tasks,
        seed,
        ...(padTo !== undefined && { padTo }),
        ...(firstPlain !== undefined && { firstPlain }),
      })
    }
    case 'rotated-mnist':
      return rotated(mnist, { angles: Array.from({ length: tasks }, (_, task) => (90 * task) / (tasks - 1)) })
  }
}
