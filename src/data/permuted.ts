import { Random } from '../tensor/random.ts'
import type { TrainAndTest } from './acquire.ts'
import { checkPair, checkTasks, invalid, mappedTask, type SampleMap, type Stream, sideOf } from './stream-task.ts'

/** What {@link permuted} takes. */
export interface PermutedOptions {
  /** how many permutations, at least 1 */
  readonly tasks: number
  /** of the permutations; that of task t does not depend on how many there are */
  readonly seed: number
  /**
   * features once zeros lie around the square images, evenly on all sides: 1,024 makes 32 x 32 of 28 x 28, as van de
   * Ven and Tolias 2019, arXiv:1904.07734; default: the set's
   */
  readonly padTo?: number | undefined
  /** task 0 keeps the order of its features; default false */
  readonly firstPlain?: boolean | undefined
}

/**
 * The same set with its features in another order in each task: permuted MNIST (Goodfellow et al. 2013,
 * arXiv:1312.6211). Feature j of task t is feature p[j] of the (padded) set, where p is the identity shuffled by
 * `Random.from(seed, 'permutation <t>')`: uniform over all orders.
 * @throws PalimpsestError `INVALID_ARGUMENT` for tasks, seed, padTo, or sets that do not fit each other
 */
export function permuted(sets: TrainAndTest, options: PermutedOptions): Stream {
  checkPair(sets)
  const { tasks, seed, padTo = sets.train.features, firstPlain = false } = options
  checkTasks('permuted', tasks)
  // refuses a seed before a set is asked for
  Random.from(seed)
  const padded = padding(sets.train.features, padTo)
  return Array.from({ length: tasks }, (_, task) => {
    const plain = firstPlain && task === 0
    const source = (): Int32Array => {
      if (plain) return padded
      const order = Random.from(seed, `permutation ${task}`).shuffle(Uint32Array.from(padded.keys()))
      return Int32Array.from(order, (at) => padded[at] as number)
    }
    const name = (of: string) => `${of}, ${plain ? 'plain' : `permutation ${task}`}`
    return mappedTask(sets, name, padTo, () => gathering(source()))
  })
}

/** feature j of the result is feature source[j] of the sample, or 0 where that is negative */
function gathering(source: Int32Array): SampleMap {
  return (inputs, from, out, to) => {
    for (let j = 0; j < source.length; j++) {
      const at = source[j] as number
      if (at >= 0) out[to + j] = inputs[from + at] as number
    }
  }
}

/** which feature each feature of the larger image is, or -1 in the border of zeros */
function padding(features: number, padTo: number): Int32Array {
  if (padTo === features) return Int32Array.from({ length: features }, (_, index) => index)
  const [from, to] = [sideOf('permuted', features), sideOf('permuted: padTo', padTo)]
  if (to < from || (to - from) % 2 !== 0)
    throw invalid(`permuted: padTo is ${padTo}, but ${from} x ${from} cannot be padded evenly to ${to} x ${to}`)
  const border = (to - from) / 2
  return Int32Array.from({ length: padTo }, (_, index) => {
    const [row, column] = [Math.floor(index / to) - border, (index % to) - border]
    return Math.min(row, column) < 0 || Math.max(row, column) >= from ? -1 : row * from + column
  })
}
