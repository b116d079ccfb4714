import { describe, expect, it } from 'vitest'
import { Replay, type ReplayOptions } from '../../src/continual/replay.ts'
import { type LabelledSet, labelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'

/** every row is its own number, from `first` on, in one byte */
const numbered = (labels: readonly number[], first = 0): LabelledSet =>
  labelledSet({
    name: 'numbered',
    inputs: Uint8Array.from(labels, (_, row) => first + row),
    labels: Uint8Array.from(labels),
    features: 1,
    classes: 4,
  })

const model = new Mlp([1, 4])

/** what is kept of each consolidation, a row each: its number, label and task */
function kept(options: ReplayOptions, sets: readonly LabelledSet[], batches: number | null = null): number[][][] {
  const method = new Replay(options)
  const random = Random.from(options.seed ?? 0)
  return sets.map((set) => {
    method.consolidate({ model, set, batchSize: 5, batches, random })
    const { inputs, labels, tasks } = method.state([]).arrays
    expect(method.count).toBe(labels?.length)
    return Array.from(inputs ?? [], (number, row) => [number, labels?.[row] ?? -1, tasks?.[row] ?? -1])
  })
}

const numbersOf = (rows: readonly number[][] = []) => rows.map(([number]) => number as number)

/** how many rows there are of each task and label */
const countsOf = (rows: readonly number[][] = []) => {
  const counts: Record<string, number> = {}
  for (const [, label, task] of rows) counts[`${task}/${label}`] = (counts[`${task}/${label}`] ?? 0) + 1
  return counts
}

const turns = (count: number, classes: number) => Array.from({ length: count }, (_, row) => row % classes)

/** how often each of `total` rows is kept at the end, over 1,000 seeds */
function frequencies(
  selection: 'balanced' | 'reservoir',
  samples: number,
  sets: readonly LabelledSet[],
  total: number,
) {
  const counts = new Array<number>(total).fill(0)
  for (let seed = 0; seed < 1000; seed++)
    for (const number of numbersOf(kept({ samples, selection, seed }, sets).at(-1))) counts[number]!++
  return counts
}

/** the counts of a binomial distribution stay within 5 deviations, but for one in a million */
const likely = (counts: readonly number[], p: number) => {
  const deviation = Math.sqrt(1000 * p * (1 - p))
  for (const count of counts) expect(Math.abs(count - 1000 * p)).toBeLessThan(5 * deviation)
}

describe.each(['balanced', 'reservoir'] as const)('what replay keeps, %s', (selection) => {
  it('is everything while there is room, and then no more than there is room for', () => {
    const [first = [], second = [], third = []] = kept({ samples: 12, selection }, [
      numbered(turns(5, 4)),
      numbered(turns(7, 4), 5),
      numbered(turns(4, 4), 12),
    ])
    expect(numbersOf(first).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    expect(numbersOf(second).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, row) => row))
    expect(third.length).toBe(12)
  })

  it('is rows of the sets with their own labels and tasks, none twice, old ones only if they were there before', () => {
    const sets = [numbered(turns(30, 4)), numbered(turns(30, 3), 30), numbered(turns(30, 2), 60)]
    let before: number[] = []
    kept({ samples: 11, selection, seed: 3 }, sets).forEach((rows, t) => {
      const numbers = numbersOf(rows)
      expect(new Set(numbers).size).toBe(11)
      for (const [number = 0, label, task] of rows) {
        expect(task).toBe(Math.floor(number / 30))
        expect(label).toBe(sets[task ?? 0]?.labels[number % 30])
        if (task !== t) expect(before).toContain(number)
      }
      before = numbers
    })
  })

  it('comes of no more samples than the task may look at', () => {
    const seen = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const [rows = []] = kept({ samples: 100, selection, seed }, [numbered(turns(30, 4))], 2)
      expect(rows.length).toBe(10)
      for (const number of numbersOf(rows)) seen.add(number)
    }
    expect(seen.size).toBe(30)
  })

  it('is the same each time with one seed, and else with another', () => {
    const sets = [numbered(turns(30, 4)), numbered(turns(30, 4), 30)]
    const of = (seed: number) => kept({ samples: 10, selection, seed }, sets)
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  it('does not change with the set', () => {
    const set = numbered(turns(8, 4))
    const method = new Replay({ samples: 8, selection })
    method.consolidate({ model, set, batchSize: 5, batches: null, random: Random.from(0) })
    const before = method.state([])
    set.inputs.fill(200)
    expect(method.state([])).toEqual(before)
  })
})

describe('reservoir', () => {
  it('keeps every row of every task with the same probability', () => {
    const sets = [numbered(turns(70, 4)), numbered(turns(30, 4), 70), numbered(turns(20, 4), 100)]
    likely(frequencies('reservoir', 15, sets, 120), 15 / 120)
    // the smallest case knows a place from the one beside it
    likely(frequencies('reservoir', 1, [numbered([0]), numbered([1, 2], 1)], 3), 1 / 3)
  })
})

describe('balanced', () => {
  it('keeps as many of each class of each task, as far as the numbers allow', () => {
    const sets = [numbered(turns(30, 3)), numbered(turns(30, 3), 30), numbered([0, 0, 0, 0, 0, 3], 60)]
    const [first, second, third] = kept({ samples: 14, seed: 5 }, sets)
    expect(countsOf(first)).toEqual({ '0/0': 5, '0/1': 5, '0/2': 4 })
    expect(countsOf(second)).toEqual({ '0/0': 3, '0/1': 3, '0/2': 2, '1/0': 2, '1/1': 2, '1/2': 2 })
    // class 3 has one row: what it leaves goes to those that begin the order
    expect(countsOf(third)).toEqual({
      ...{ '0/0': 2, '0/1': 2, '0/2': 2, '1/0': 2, '1/1': 2, '1/2': 2 },
      ...{ '2/0': 1, '2/3': 1 },
    })
  })

  it('keeps every row of a class of a task with the same probability', () => {
    const sets = [numbered(turns(40, 2)), numbered(turns(60, 2), 40)]
    const counts = frequencies('balanced', 16, sets, 100)
    likely(counts.slice(0, 40), 4 / 20)
    likely(counts.slice(40), 4 / 30)
  })
})
