import { PalimpsestError } from '../../bindings/errors.ts'

/**
 * R[i][j]: the accuracy on task j after learning task i, T rows of T numbers. Where later tasks were not judged row i may
 * stop at its diagonal, in all rows: i + 1 numbers.
 */
export type AccuracyMatrix = readonly (readonly number[])[]

/**
 * ACC, the mean over all tasks of the accuracy after the last: (1 / T) sum over j of R[T][j] (Lopez-Paz and Ranzato 2017,
 * arXiv:1706.08840, equation 2).
 * @throws PalimpsestError `INVALID_ARGUMENT` for a matrix that is empty or ragged, `NON_FINITE`
 */
export function averageAccuracy(accuracy: AccuracyMatrix): number {
  return meanOver(check(accuracy), (j) => last(accuracy, j))
}

/**
 * BWT, what learning later tasks did to earlier ones, below 0 where they were forgotten:
 * (1 / (T - 1)) sum over j < T of (R[T][j] - R[j][j]) (Lopez-Paz and Ranzato 2017, arXiv:1706.08840, equation 3).
 * @throws PalimpsestError `INVALID_ARGUMENT` for a matrix that is empty or ragged, or a single task, `NON_FINITE`
 */
export function backwardTransfer(accuracy: AccuracyMatrix): number {
  const old = check(accuracy, 2) - 1
  return meanOver(old, (j) => last(accuracy, j) - at(accuracy, j, j))
}

/**
 * FWT, what earlier tasks did for one that was not learnt yet: (1 / (T - 1)) sum over j > 1 of (R[j - 1][j] - b[j])
 * (Lopez-Paz and Ranzato 2017, arXiv:1706.08840, equation 4).
 * @param accuracy - whole rows. @param initial - b, the accuracy on each task at the initial weights.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a matrix that is empty, ragged or without the later tasks, a single
 * task, or an `initial` of another length, `NON_FINITE`
 */
export function forwardTransfer(accuracy: AccuracyMatrix, initial: readonly number[]): number {
  const tasks = check(accuracy, 2)
  if (accuracy[0]?.length !== tasks)
    throw invalid('forwardTransfer needs the accuracies on tasks before they are learnt, the rows stop at the diagonal')
  if (initial.length !== tasks) throw invalid(`initial holds ${initial.length} accuracies for ${tasks} tasks`)
  checkFinite('initial', initial)
  return meanOver(tasks - 1, (j) => at(accuracy, j, j + 1) - (initial[j + 1] as number))
}

/**
 * The mean drop of an earlier task from the best that it ever had:
 * (1 / (T - 1)) sum over j < T of (max over i < T of R[i][j] - R[T][j]) (Chaudhry et al. 2018, arXiv:1801.10112, section
 * 3). As there, the maximum is over all rows but the last, those before task j was learnt among them, where they hold it.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a matrix that is empty or ragged, or a single task, `NON_FINITE`
 */
export function forgetting(accuracy: AccuracyMatrix): number {
  const old = check(accuracy, 2) - 1
  return meanOver(old, (j) => {
    const best = accuracy.slice(0, -1).reduce((most, row) => Math.max(most, row[j] ?? -Infinity), -Infinity)
    return best - last(accuracy, j)
  })
}

/**
 * LA, how well each task was learnt at all: (1 / T) sum over j of R[j][j] (Riemer et al. 2019, arXiv:1810.11910).
 * ACC = LA + ((T - 1) / T) BWT.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a matrix that is empty or ragged, `NON_FINITE`
 */
export function learningAccuracy(accuracy: AccuracyMatrix): number {
  return meanOver(check(accuracy), (j) => at(accuracy, j, j))
}

const at = (accuracy: AccuracyMatrix, i: number, j: number): number => accuracy[i]?.[j] as number
const last = (accuracy: AccuracyMatrix, j: number): number => at(accuracy, accuracy.length - 1, j)

function meanOver(count: number, term: (index: number) => number): number {
  let sum = 0
  for (let index = 0; index < count; index++) sum += term(index)
  return sum / count
}

/** T */
function check(accuracy: AccuracyMatrix, least = 1): number {
  const tasks = accuracy.length
  if (tasks < least) throw invalid(`the accuracy matrix has rows for ${tasks} tasks, expected at least ${least}`)
  const whole = accuracy.every((row) => row.length === tasks)
  accuracy.forEach((row, i) => {
    if (!whole && row.length !== i + 1)
      throw invalid(
        `row ${i} of the accuracy matrix has length ${row.length}, expected ${tasks}, or ${i + 1} and so on in all`,
      )
    checkFinite(`row ${i} of the accuracy matrix`, row)
  })
  return tasks
}

function checkFinite(what: string, values: readonly number[]): void {
  for (const value of values)
    if (!Number.isFinite(value)) throw new PalimpsestError('NON_FINITE', `${what} holds ${value}`)
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError('INVALID_ARGUMENT', message)
}
