import { PalimpsestError } from '../../bindings/errors.ts'
import type { TrainAndTest } from './acquire.ts'
import { type LabelledSet, labelledSet, type Rows, sharedLike } from './set.ts'

/** One task of a stream. Its sets are made when they are asked for, alike each time, and kept by the caller alone. */
export interface StreamTask {
  /** what messages and reports call it, such as `mnist, classes 2 to 3` */
  readonly name: string
  /** I, of both sets */
  readonly features: number
  /** C, of both sets */
  readonly classes: number
  /** samples of the training set */
  readonly count: number
  /** what to learn from */
  train(): LabelledSet
  /** what to judge by; makes no training set */
  test(): LabelledSet
}

/** Tasks in the order in which they are learnt. */
export type Stream = readonly StreamTask[]

/** Writes the features of the sample that starts at `from` as those of one that starts at `to`, over zeros. */
export type SampleMap = (inputs: Rows, from: number, out: Rows, to: number) => void

/** The sets with new features: every sample mapped by what `map` makes, which is asked for once a set. */
export function mappedTask(
  { train, test }: TrainAndTest,
  name: (of: string) => string,
  features: number,
  map: () => SampleMap,
): StreamTask {
  const make = (set: LabelledSet): LabelledSet => {
    const inputs = sharedLike(set.inputs, set.count * features)
    const write = map()
    for (let row = 0; row < set.count; row++) write(set.inputs, row * set.features, inputs, row * features)
    return labelledSet({ name: name(set.name), inputs, labels: set.labels, features, classes: set.classes })
  }
  const { classes, count } = train
  return { name: name(nameOf(train)), features, classes, count, train: () => make(train), test: () => make(test) }
}

/** what the names of a task's sets share: a published set's are `<name>/train` and `<name>/test` */
export const nameOf = (train: LabelledSet): string => train.name.replace(/\/train$/, '')

/** The side of square images. @throws PalimpsestError `INVALID_ARGUMENT` when they are not */
export function sideOf(what: string, features: number): number {
  const side = Math.round(Math.sqrt(features))
  if (side >= 1 && side * side === features) return side
  throw invalid(`${what}: ${features} features are no square image`)
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless both sets have the same features and classes */
export function checkPair({ train, test }: TrainAndTest): void {
  for (const what of ['features', 'classes'] as const)
    if (train[what] !== test[what])
      throw invalid(`${what} of a task's sets differ: ${train.name} ${train[what]}, ${test.name} ${test[what]}`)
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless value is a whole number of at least 1 */
export function checkTasks(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw invalid(`${what}: tasks is ${value}, expected a whole number of at least 1`)
}

export function invalid(message: string): PalimpsestError {
  return new PalimpsestError('INVALID_ARGUMENT', message)
}
