import type { ClassifierOptions } from '../../src/serving/index.ts'
import { Random } from '../../src/tensor/random.ts'

/** What is killed: a classifier of each kind, and one of a store from which it has to leave again and again. */
export const KINDS = ['analytic', 'network', 'store'] as const
export type Kind = (typeof KINDS)[number]

/** numbers a row */
export const INPUTS = 384
const ROWS = 16
/** of the store, who is looked at */
export const TENANT = 'one'
const CLASSES = 6

const ANALYTIC: ClassifierOptions = {
  inputs: INPUTS,
  encoder: 'random rows',
  model: { kind: 'analytic', removable: false },
}

export const OPTIONS: Readonly<Record<Kind, ClassifierOptions>> = {
  analytic: ANALYTIC,
  store: ANALYTIC,
  network: { inputs: INPUTS, encoder: 'random rows', model: { kind: 'network', hidden: [300], lambda: 10 } },
}

/** What change number `sequence` is: the same in whatever process. */
export interface Change {
  /** null: a consolidation */
  readonly x: Float32Array | null
  readonly labels: readonly string[]
  readonly id: string
}

export function changeOf(sequence: number): Change {
  const id = `change ${sequence}`
  if (sequence % 20 === 0) return { x: null, labels: [], id }
  const random = Random.from(sequence, 'crash')
  const x = Float32Array.from({ length: ROWS * INPUTS }, () => random.uniform() - 0.5)
  // classes come one after another, so that the network grows meanwhile
  const most = Math.min(CLASSES, 2 + Math.floor(sequence / 30))
  const classes = Array.from({ length: ROWS }, () => random.below(most))
  classes.forEach((label, row) => {
    x[row * INPUTS + label] = 3
  })
  return { x, labels: classes.map((label) => `class ${label}`), id }
}
