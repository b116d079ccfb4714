import { PalimpsestError } from '../../bindings/errors.ts'
import type { TrainAndTest } from './acquire.ts'
import { type LabelledSet, labelledSet, sharedBytes, sharedLike } from './set.ts'
import { checkPair, checkTasks, invalid, nameOf, type Stream } from './stream-task.ts'

/** How {@link split} numbers the classes of a task. */
export interface SplitOptions {
  /**
   * - `within`: from 0 in every task (task- and domain-incremental learning); `classes` is that of a task;
   * - `global`: as the whole set does (class-incremental learning); `classes` is that of the whole set;
   * - `seen`: likewise, but `classes` counts those of this task and before: for a head that grows.
   */
  readonly labels: 'within' | 'global' | 'seen'
}

/**
 * Consecutive classes of a set, the same number in each task: split MNIST (Zenke et al. 2017, arXiv:1703.04200). The
 * scenarios are those of van de Ven and Tolias 2019, arXiv:1904.07734.
 * @throws PalimpsestError `INVALID_ARGUMENT` unless the classes divide by tasks and the sets fit each other, `EMPTY_SET`
 * when a task has no sample
 */
export function split(sets: TrainAndTest, tasks: number, { labels }: SplitOptions): Stream {
  checkPair(sets)
  checkTasks('split', tasks)
  const all = sets.train.classes
  if (all % tasks !== 0) throw invalid(`split: ${all} classes do not divide by ${tasks} tasks`)
  if (!['within', 'global', 'seen'].includes(labels))
    throw invalid(`split: labels is '${labels}', expected within, global or seen`)
  const size = all / tasks
  return Array.from({ length: tasks }, (_, task) => {
    const [from, to] = [task * size, (task + 1) * size]
    const range = `classes ${from} to ${to - 1}`
    const classes = { within: size, global: all, seen: to }[labels]
    const shift = labels === 'within' ? from : 0
    const [train, test] = [rowsOf(sets.train, from, to, range), rowsOf(sets.test, from, to, range)]
    const make = (set: LabelledSet, rows: Uint32Array) => chosen(set, rows, { range, classes, shift })
    return {
      name: `${nameOf(sets.train)}, ${range}`,
      features: sets.train.features,
      classes,
      count: train.length,
      train: () => make(sets.train, train),
      test: () => make(sets.test, test),
    }
  })
}

/** which samples have a label from `from` to `to` (`to` itself excluded) */
function rowsOf(set: LabelledSet, from: number, to: number, range: string): Uint32Array {
  const rows = Uint32Array.from(set.labels.keys()).filter((row) => {
    const label = set.labels[row] as number
    return label >= from && label < to
  })
  if (rows.length === 0) throw new PalimpsestError('EMPTY_SET', `split: ${set.name} holds no sample of ${range}`)
  return rows
}

function chosen(
  set: LabelledSet,
  rows: Uint32Array,
  { range, classes, shift }: { readonly range: string; readonly classes: number; readonly shift: number },
): LabelledSet {
  const { features } = set
  const [inputs, labels] = [sharedLike(set.inputs, rows.length * features), sharedBytes(rows.length)]
  rows.forEach((row, index) => {
    inputs.set(set.inputs.subarray(row * features, (row + 1) * features), index * features)
    labels[index] = (set.labels[row] as number) - shift
  })
  return labelledSet({ name: `${set.name}, ${range}`, inputs, labels, features, classes })
}
