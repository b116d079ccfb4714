import {
  averageAccuracy,
  backwardTransfer,
  forgetting,
  forwardTransfer,
  learningAccuracy,
} from '../../src/continual/metrics.ts'
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

export function measuresOf({ accuracy, before, untrained }: RunRecord): Measures {
  const last = accuracy.at(-1) ?? []
  // joint training and searches have the end alone
  if (accuracy.length < last.length) {
    const acc = last.reduce((sum, value) => sum + value, 0) / last.length
    return { acc, bwt: null, forgetting: null, 'learning-accuracy': null, fwt: null }
  }
  return {
    acc: averageAccuracy(accuracy),
    bwt: backwardTransfer(accuracy),
    forgetting: forgetting(accuracy),
    'learning-accuracy': learningAccuracy(accuracy),
    fwt: untrained.length > 0 ? forwardTransfer(withNext(accuracy, before), untrained) : null,
  }
}

/** whole rows, of which forward transfer looks at the task after the last learnt alone; what is beyond was not judged */
const withNext = (accuracy: RunRecord['accuracy'], before: readonly number[]): number[][] =>
  accuracy.map((row, task) => {
    const beyond = new Array<number>(Math.max(0, accuracy.length - row.length - 1)).fill(0)
    return [...row, ...before.slice(task, task + 1), ...beyond]
  })
