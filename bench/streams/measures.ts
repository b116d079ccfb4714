import type { RunRecord } from './run.ts'

/** What is said of one run; null where its kind of run has no such thing. */
export interface Measures {
  /** the mean over the tasks of the accuracy after the last */
  readonly acc: number
  readonly bwt: number | null
  readonly forgetting: number | null
  readonly 'learning-accuracy': number | null
  /** where a task need not be known, so that the next can be judged before it is learnt */
  readonly fwt: number | null
}

export type Measure = keyof Measures

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

export function measuresOf({ accuracy, before, untrained }: RunRecord): Measures {
  const last = accuracy.at(-1) ?? []
  const none = { bwt: null, forgetting: null, 'learning-accuracy': null, fwt: null }
  // joint training and searches have the end alone
  if (accuracy.length < last.length) return { acc: mean(last), ...none }
  const diagonal = accuracy.map((row, task) => row[task] ?? Number.NaN)
  const old = last.slice(0, -1)
  const best = old.map((_, task) => Math.max(...accuracy.slice(task, -1).map((row) => row[task] ?? Number.NaN)))
  return {
    acc: mean(last),
    bwt: mean(old.map((value, task) => value - (diagonal[task] ?? Number.NaN))),
    forgetting: mean(old.map((value, task) => (best[task] ?? Number.NaN) - value)),
    'learning-accuracy': mean(diagonal),
    fwt: untrained.length > 0 ? mean(before.map((value, task) => value - (untrained[task + 1] ?? Number.NaN))) : null,
  }
}
