import { type LabelledSet, labelledSet } from '../../../src/data/index.ts'

export const INPUTS = 64
export const CLASSES = 10
export const ROWS = 50

/** rows of the same pattern each time */
export const x: Float32Array = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => ((i * 31) % 97) / 97)
export const y: Uint8Array = Uint8Array.from({ length: ROWS }, (_, i) => i % CLASSES)
/** the labels as a classifier is told them */
export const names: readonly string[] = Array.from(y, (label) => `class ${label}`)
export const set: LabelledSet = labelledSet({
  name: 'soak',
  inputs: Uint8Array.from(x, (value) => value * 255),
  labels: y,
  features: INPUTS,
  classes: CLASSES,
})
