import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { Random } from '../tensor/random.ts'
import type { LabelledSet, Rows } from './set.ts'

/** Some rows of a set, ready for `Learner.step`. */
export interface Batch {
  /** [B, I], each byte times 1/255, or the set's float32 */
  readonly x: Float32Array
  /** [B], their labels */
  readonly y: Uint8Array
}

/** How {@link batches} cuts a set. */
export interface BatchesOptions {
  /** rows a batch; the last one holds what remains */
  readonly size: number
  /** a new order each time the batches are iterated; default false */
  readonly shuffle?: boolean
  /** of the order: a number, or a generator that goes on from where it is; default 0 */
  readonly seed?: number | Random
  /** how many samples at most, of those that come first in this order; default all */
  readonly samples?: number
  /** overwrite one batch's arrays with the next's, for loops that keep none; default false */
  readonly reuse?: boolean
}

/** Batches of a set: iterable any number of times, with a `length`, so that any progress bar works. */
export interface Batches extends Iterable<Batch> {
  /** how many batches an iteration gives */
  readonly length: number
}

/**
 * Batches of a set, in its order or shuffled: `x [B, I]` float32, `y [B]`.
 * @throws PalimpsestError `INVALID_ARGUMENT` unless size and samples are whole numbers of at least 1
 */
export function batches(set: LabelledSet, options: BatchesOptions): Batches {
  const { size, shuffle = false, seed = 0, reuse = false } = options
  const { samples: most = set.count } = options
  for (const [name, value] of Object.entries({ size, samples: most }))
    if (!Number.isInteger(value) || value < 1)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `batches: ${name} is ${value}, expected a whole number of at least 1`,
      )
  const samples = Math.min(most, set.count)
  const random = seed instanceof Random ? seed : Random.from(seed, 'shuffle')

  return {
    length: Math.ceil(samples / size),
    *[Symbol.iterator]() {
      // from the set's own order each time, so that the generator's state alone says what comes
      const order = new Uint32Array(set.count)
      for (let index = 0; index < set.count; index++) order[index] = index
      if (shuffle) random.shuffle(order)
      let last = null as Batch | null
      for (let from = 0; from < samples; from += size) {
        const indices = order.subarray(from, Math.min(from + size, samples))
        const rows = indices.length
        const { x, y }: Batch =
          reuse && last?.y.length === rows ? last : { x: alignedFloats(rows * set.features), y: new Uint8Array(rows) }
        gatherRows(set.inputs, set.features, indices, x)
        for (let row = 0; row < rows; row++) y[row] = set.labels[indices[row] as number] as number
        last = { x, y }
        yield last
      }
    },
  }
}

/** Rows of a set's inputs as float32, into out [indices.length, features]. */
export function gatherRows(inputs: Rows, features: number, indices: Uint32Array, out: Float32Array): void {
  if (inputs instanceof Uint8Array) native.gather(inputs, features, indices, out)
  else
    indices.forEach((index, row) => {
      out.set(inputs.subarray(index * features, (index + 1) * features), row * features)
    })
}
