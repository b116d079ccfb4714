import { PalimpsestError } from '../../bindings/errors.ts'
import type { Rows } from '../data/set.ts'
import type { Random } from '../tensor/random.ts'
import { numbersOf } from './anchors.ts'
import { samplesOf } from './ewc.ts'
import { flatOf, headOf, type Range, rangesOf } from './head.ts'
import type { MethodState, Task } from './method.ts'

/** Which rows are kept: see `ReplayOptions.selection`. */
export type Selection = 'balanced' | 'reservoir'

/** Rows of old tasks. */
export interface Buffer {
  /** [count, features], as in a set */
  readonly inputs: Rows
  /** [count] */
  readonly labels: Uint8Array
  /** [count], whose row it is, counted from 0 */
  readonly tasks: readonly number[]
  readonly features: number
  /** the outputs that each task was learnt with */
  readonly heads: readonly Range[]
  /** how many rows there ever were */
  readonly seen: number
}

/** a row of the old buffer or of the new set */
interface Row {
  readonly source: Rows
  readonly index: number
  readonly label: number
  readonly task: number
}

/** The buffer after one more task, `size` rows at most. @throws PalimpsestError `SHAPE` for other features, `DTYPE` */
export function withTask(old: Buffer | null, task: Task, selection: Selection, size: number, random: Random): Buffer {
  const { set } = task
  if (old && old.features !== set.features)
    throw new PalimpsestError('SHAPE', `${set.name} has ${set.features} features, the buffer's rows ${old.features}`)
  const { from, to } = headOf(task.model)
  const heads = [...(old?.heads ?? []), { from, to }]
  const { inputs = set.inputs, tasks = [], seen = 0 } = old ?? {}
  if (inputs.constructor !== set.inputs.constructor)
    throw new PalimpsestError('DTYPE', `${set.name} and the buffer's rows must be both bytes or both float32`)
  const held = tasks.map((owner, index): Row => {
    return { source: inputs, index, label: old?.labels[index] as number, task: owner }
  })
  const fresh = Array.from(looked(task), (index): Row => {
    return { source: set.inputs, index, label: set.labels[index] as number, task: heads.length - 1 }
  })
  const rows =
    selection === 'reservoir' ? reservoir(held, fresh, seen, size, random) : balanced(held, fresh, size, random)
  const length = rows.length * set.features
  const kept = inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
  rows.forEach(({ source, index }, row) => {
    kept.set(source.subarray(index * set.features, (index + 1) * set.features), row * set.features)
  })
  return {
    inputs: kept,
    labels: Uint8Array.from(rows, ({ label }) => label),
    tasks: rows.map((row) => row.task),
    features: set.features,
    heads,
    seen: seen + fresh.length,
  }
}

/** which samples of its set the task may be remembered by */
function looked(task: Task): Uint32Array {
  const order = Uint32Array.from({ length: task.set.count }, (_, index) => index)
  const count = Math.min(samplesOf(task), order.length)
  return count < order.length ? task.random.shuffle(order).subarray(0, count) : order
}

/** Vitter 1985, algorithm R: row n, counted from 1, takes a place with probability size / n */
function reservoir(held: Row[], fresh: readonly Row[], seen: number, size: number, random: Random): readonly Row[] {
  fresh.forEach((row, i) => {
    if (held.length < size) held.push(row)
    else {
      const place = random.below(seen + i + 1)
      if (place < size) held[place] = row
    }
  })
  return held
}

/** as even as the numbers allow; what is kept of a class is a prefix of one shuffled order */
function balanced(held: readonly Row[], fresh: readonly Row[], size: number, random: Random): readonly Row[] {
  const order = random.shuffle(Uint32Array.from(fresh, (_, index) => index))
  const groups = new Map<number, Row[]>()
  for (const row of [...held, ...Array.from(order, (index) => fresh[index] as Row)]) {
    // labels are bytes
    const key = row.task * 256 + row.label
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  const all = [...groups].sort(([a], [b]) => a - b).map(([, rows]) => rows)
  const counts = all.map(() => 0)
  for (let left = Math.min(size, held.length + fresh.length); left > 0; ) {
    const open = all.flatMap((rows, group) => ((counts[group] as number) < rows.length ? [group] : []))
    const share = Math.max(1, Math.floor(left / open.length))
    for (const group of open) {
      const more = Math.min(share, (all[group] as Row[]).length - (counts[group] as number), left)
      counts[group] = (counts[group] as number) + more
      left -= more
    }
  }
  return all.flatMap((rows, group) => rows.slice(0, counts[group]))
}

/** for {@link MethodState} */
export function bufferState({ inputs, labels, tasks, features, heads, seen }: Buffer): Omit<MethodState, 'method'> {
  return {
    numbers: { features, seen },
    arrays: {
      inputs: inputs.slice(),
      labels: labels.slice(),
      tasks: Float64Array.from(tasks),
      heads: flatOf(heads),
    },
  }
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless a state holds a buffer of `size` rows at most */
export function bufferOf(state: MethodState, size: number): Buffer {
  const { features, seen } = numbersOf(state, state.method, ['features', 'seen'])
  const { inputs, labels, tasks, heads } = state.arrays
  const refuse = (what: string) => new PalimpsestError('INVALID_ARGUMENT', `the state of replay has ${what}`)
  if (!(inputs instanceof Uint8Array || inputs instanceof Float32Array) || !(labels instanceof Uint8Array))
    throw refuse('no rows')
  if (!(tasks instanceof Float64Array)) throw refuse('no tasks')
  const count = labels.length
  if (!(count > 0) || count > size) throw refuse(`${count} rows, expected 1 to ${size}`)
  if (tasks.length !== count || inputs.length !== count * features || !(seen >= count))
    throw refuse(`${inputs.length} numbers and ${tasks.length} tasks for ${count} rows of ${features}`)
  const ranges = rangesOf(heads, 'replay')
  tasks.forEach((task, row) => {
    const { from, to } = ranges[task] ?? { from: 0, to: 0 }
    if ((labels[row] as number) >= to - from) throw refuse(`a label ${labels[row]} for a head from ${from} to ${to}`)
  })
  return { inputs: inputs.slice(), labels: labels.slice(), tasks: [...tasks], features, heads: ranges, seen }
}
