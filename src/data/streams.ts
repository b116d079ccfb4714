import type { TrainAndTest } from './acquire.ts'
import { type LabelledSet, labelledSet, sharedBytes } from './set.ts'
import { checkPair, invalid, nameOf, type Stream } from './stream-task.ts'

export { type PermutedOptions, permuted } from './permuted.ts'
export { type RotatedOptions, rotated } from './rotated.ts'
export { type SplitOptions, split } from './split.ts'
export type { Stream, StreamTask } from './stream-task.ts'

/**
 * Any sets, a task each, as they are: MNIST then Fashion-MNIST, or what `setFromIdx` made of files.
 * @throws PalimpsestError `INVALID_ARGUMENT` for an empty list, or features that differ
 */
export function streamOf(list: readonly TrainAndTest[]): Stream {
  if (list.length === 0) throw invalid('streamOf: the list is empty')
  const stream = list.map((sets) => {
    checkPair(sets)
    const { features, classes, count } = sets.train
    return { name: nameOf(sets.train), features, classes, count, train: () => sets.train, test: () => sets.test }
  })
  featuresOf('streamOf', stream)
  return stream
}

/**
 * All training sets of a stream, one after the other, in new shared memory: what joint training learns from. Makes one
 * task's set at a time. Labels keep their numbers, and `classes` is the largest of the tasks'.
 * @throws PalimpsestError `INVALID_ARGUMENT` for an empty stream, or features that differ
 */
export function trainingUnion(stream: Stream): LabelledSet {
  const features = featuresOf('trainingUnion', stream)
  const count = stream.reduce((sum, task) => sum + task.count, 0)
  const [inputs, labels] = [sharedBytes(count * features), sharedBytes(count)]
  let row = 0
  for (const task of stream) {
    const set = task.train()
    inputs.set(set.inputs, row * features)
    labels.set(set.labels, row)
    row += set.count
  }
  const name = stream.map((task) => task.name).join(' + ')
  const classes = Math.max(...stream.map((task) => task.classes))
  return labelledSet({ name, inputs, labels, features, classes })
}

function featuresOf(what: string, stream: Stream): number {
  const first = stream[0]
  if (first === undefined) throw invalid(`${what}: the stream holds no task`)
  for (const { name, features } of stream)
    if (features !== first.features)
      throw invalid(`${what}: tasks must have the same features: ${first.name} ${first.features}, ${name} ${features}`)
  return first.features
}
