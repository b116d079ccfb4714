import { PalimpsestError } from '../../bindings/errors.ts'
import { type Batches, batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import { Random } from '../tensor/random.ts'
import type { FitOptions } from './events.ts'
import { checkSame, identityOf, type Progress } from './progress.ts'

/** What a `fit` is going to do, and from where. */
export interface Plan {
  /** of an epoch, in another order each time */
  readonly all: Batches
  readonly epochs: number
  readonly steps: number
  readonly every: number
  readonly shuffling: Random
  readonly now: Progress
}

/** of a fit from its beginning, or from where another was interrupted. @throws PalimpsestError `INVALID_ARGUMENT`, `STATE_MISMATCH` */
export function planOf(set: LabelledSet, options: FitOptions, generator: Random, held: Progress | null): Plan {
  const { batchSize = 100, every = Infinity } = options
  const shuffling = held ? Random.restore(held.order) : generator
  const all = batches(set, { size: batchSize, shuffle: true, seed: shuffling, reuse: true })
  const { steps = (options.epochs ?? 1) * all.length } = options
  const { epochs = Math.ceil(steps / all.length) } = options.steps === undefined ? options : {}
  const endless = { steps, every, epochs: options.epochs ?? 1 }
  checkWholes('fit', Object.fromEntries(Object.entries(endless).filter(([, value]) => value !== Infinity)))
  if (held) checkSame(held, set, batchSize, steps)
  const { step, epoch, done, sum, count } = held ?? { step: 0, epoch: 1, done: 0, sum: 0, count: 0 }
  const { state: order } = shuffling
  const now = { set: () => identityOf(set), batchSize, steps, step, epoch, done, sum, count, order }
  return { all, epochs, steps, every, shuffling, now }
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless all are whole numbers of at least 1 */
export function checkWholes(owner: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values))
    if (!Number.isInteger(value) || value < 1)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `${owner}: ${name} is ${value}, expected a whole number of at least 1`,
      )
}

// how long training may keep the event loop waiting, in milliseconds
const PATIENCE = 8

/** Fulfilled at once, or after the event loop had its turn, when it has waited for 8 ms. */
export function turns(): () => Promise<void> | undefined {
  let rested = performance.now()
  return () => {
    if (performance.now() - rested <= PATIENCE) return undefined
    return new Promise((resume) =>
      setImmediate(() => {
        rested = performance.now()
        resume()
      }),
    )
  }
}
