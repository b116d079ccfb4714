import type { TrainAndTest } from '../../src/data/index.ts'
import { permuted, rotated, type Stream, split, streamOf } from '../../src/data/streams.ts'
import { type Part, partOf } from '../part.ts'
import type { Protocol, Scenario } from './protocols.ts'

/** The raw sets, handed to workers as they are. */
export interface Raw {
  readonly mnist: TrainAndTest
  readonly fashion?: TrainAndTest
}

/** a search asks for no more, and of 50 tasks the whole matrix would take longer to judge than to learn */
export const judgesEndAlone = (
  { part, share }: { readonly part: Part; readonly share: number },
  tasks: number,
): boolean => (part === 'held-out' && share < 1) || tasks > 20

/** The tasks of one run. Permutations are the seed's. */
export function tasksOf(protocol: Protocol, scenario: Scenario, seed: number, raw: Raw, part: Part): Stream {
  const mnist = partOf(raw.mnist, part)
  const { tasks } = protocol
  switch (protocol.stream) {
    case 'mnist-fashion':
      if (!raw.fashion) throw new Error('this stream needs Fashion-MNIST')
      return streamOf([mnist, partOf(raw.fashion, part)])
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
