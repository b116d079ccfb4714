import { crc32 } from 'node:zlib'
import { PalimpsestError } from '../../bindings/errors.ts'
import type { LabelledSet } from '../data/set.ts'
import type { RandomState } from '../tensor/random.ts'

/** How far a `fit` has come: all that its rest depends on, besides the weights and what trains them. */
export interface Progress {
  /** what it trains on */
  readonly set: () => string
  readonly batchSize: number
  /** how many there will be */
  readonly steps: number
  /** done, of all epochs */
  step: number
  /** from 1: the one that goes on */
  epoch: number
  /** batches of this epoch that are done */
  done: number
  /** of their losses, each times its samples */
  sum: number
  /** of their samples */
  count: number
  /** of the generator when this epoch began: its order follows from it */
  order: RandomState
}

/** one step more */
export function advance(now: Progress, loss: number, samples: number): void {
  now.sum += loss * samples
  now.count += samples
  now.done++
  now.step++
}

const known = new WeakMap<LabelledSet, string>()

/** tells a set from others by its numbers; looked at once a set */
export function identityOf(set: LabelledSet): string {
  const { inputs, labels, count, features, classes } = set
  const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength)
  const identity =
    known.get(set) ?? `${count} x ${features}, ${classes} classes, crc32 ${crc32(labels, crc32(bytes)).toString(16)}`
  known.set(set, identity)
  return identity
}

/** @throws PalimpsestError `STATE_MISMATCH` unless a fit would go on with what was interrupted */
export function checkSame(held: Progress, set: LabelledSet, batchSize: number, steps: number): void {
  const now = { set: identityOf(set), batchSize, steps }
  const before = { set: held.set(), batchSize: held.batchSize, steps: held.steps }
  for (const [name, value] of Object.entries(now)) {
    const old = before[name as keyof typeof before]
    if (old !== value)
      throw new PalimpsestError(
        'STATE_MISMATCH',
        `fit: ${name} is ${value}, but ${old} in the fit that was interrupted: resume takes the same set and options`,
      )
  }
}
