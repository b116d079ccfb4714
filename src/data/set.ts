import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { allocated } from '../tensor/memory.ts'

/** Row-major numbers of a set. Bytes become numbers times 1/255; float32 is taken as it is. */
export type Rows = Uint8Array | Float32Array

/** Rows of numbers with one label each: bytes (images, 0 to 255), or float32 (embeddings). Nothing in it is ever written after it is made. */
export interface LabelledSet {
  /** What messages and reports call it, such as `mnist/train`. */
  readonly name: string
  /** `[count, features]`, row-major. */
  readonly inputs: Rows
  /** `[count]`, each below `classes`. */
  readonly labels: Uint8Array
  /** How many samples. */
  readonly count: number
  /** I, numbers a sample. */
  readonly features: number
  /** C, from 1 to 256. */
  readonly classes: number
}

/** What {@link labelledSet} takes: a set's fields, of which `count` may be left to the labels. */
export type LabelledSetFields = Omit<LabelledSet, 'count'> & {
  /** How many samples; the number of labels unless given. */
  readonly count?: number | undefined
}

/**
 * Makes a set of arrays that belong together. The arrays are kept, not copied.
 *
 * @param fields - `inputs [count, features]` and `labels [count]`; `classes` from 1 to 256.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a wrong type or a length that does not fit, `EMPTY_SET` without
 * samples, `LABEL_OUT_OF_RANGE` for a label that is not below `classes`, `NON_FINITE` for NaN or infinity.
 */
export function labelledSet(fields: LabelledSetFields): LabelledSet {
  const { name, inputs, labels, features, classes } = fields
  if (typeof name !== 'string' || name === '') throw invalid(`name must be a text that is not empty, got ${name}`)
  if (!(inputs instanceof Uint8Array || inputs instanceof Float32Array))
    throw invalid(`${name}: inputs must be a Uint8Array or a Float32Array`)
  if (!(labels instanceof Uint8Array)) throw invalid(`${name}: labels must be a Uint8Array`)
  checkInteger(`${name}: features`, features, 1, Number.MAX_SAFE_INTEGER)
  checkInteger(`${name}: classes`, classes, 1, 256)
  const count = fields.count ?? labels.length
  if (count !== labels.length) throw invalid(`${name}: count is ${count}, but there are ${labels.length} labels`)
  if (count * features !== inputs.length) {
    throw invalid(
      `${name}: inputs hold ${inputs.length} ${inputs instanceof Uint8Array ? 'bytes' : 'numbers'}, expected ${count} x ${features} (count x features) = ${count * features}`,
    )
  }
  if (count === 0) throw new PalimpsestError('EMPTY_SET', `${name}: the set holds no sample`)
  const wrong = labels.findIndex((label) => label >= classes)
  if (wrong >= 0) {
    const found = `label ${labels[wrong]} of sample ${wrong}`
    throw new PalimpsestError('LABEL_OUT_OF_RANGE', `${name}: ${found} is not below the number of classes, ${classes}`)
  }
  if (inputs instanceof Float32Array && !native.allFinite(inputs))
    throw new PalimpsestError('NON_FINITE', `${name}: inputs hold NaN or infinity`)
  return Object.freeze({ name, inputs, labels, count, features, classes })
}

/**
 * The samples `from` to `to` of a set (`to` itself excluded), as views of the same memory.
 *
 * @param range - `from` is 0 and `to` is `set.count` unless given.
 * @throws PalimpsestError `INVALID_ARGUMENT` for a range outside the set, `EMPTY_SET` for one without a sample.
 */
export function subset(
  set: LabelledSet,
  range: { readonly from?: number | undefined; readonly to?: number | undefined },
): LabelledSet {
  const { from = 0, to = set.count } = range
  checkInteger(`${set.name}: to`, to, 0, set.count)
  checkInteger(`${set.name}: from`, from, 0, to)
  return labelledSet({
    name: `${set.name}[${from}..${to}]`,
    inputs: set.inputs.subarray(from * set.features, to * set.features),
    labels: set.labels.subarray(from, to),
    features: set.features,
    classes: set.classes,
  })
}

/**
 * All samples of several sets, one set after the other, in new shared memory: what joint training learns from.
 * Labels keep their numbers, and `classes` is the largest of the sets'.
 *
 * @throws PalimpsestError `INVALID_ARGUMENT` when the sets' `features` differ; `DTYPE` when some are bytes and some float32.
 */
export function union(first: LabelledSet, ...others: readonly LabelledSet[]): LabelledSet {
  const sets = [first, ...others]
  const { features } = first
  for (const set of others) {
    if (set.features === features) continue
    throw invalid(`sets of a union must have the same features: ${first.name} ${features}, ${set.name} ${set.features}`)
  }
  const count = sets.reduce((sum, set) => sum + set.count, 0)
  const inputs = sharedLike(first.inputs, count * features)
  const labels = sharedBytes(count)
  let row = 0
  for (const set of sets) {
    if (set.inputs.constructor !== first.inputs.constructor)
      throw new PalimpsestError('DTYPE', `sets of a union must be all bytes or all float32: ${first.name}, ${set.name}`)
    inputs.set(set.inputs, row * features)
    labels.set(set.labels, row)
    row += set.count
  }
  const name = sets.map((set) => set.name).join(' + ')
  return labelledSet({ name, inputs, labels, features, classes: Math.max(...sets.map((set) => set.classes)) })
}

/**
 * Zeroed bytes that worker threads can be handed without a copy; in large pages where the system has them: rows at
 * random then cost fewer translations of addresses, 11 us for 100 images instead of 18.
 */
export function sharedBytes(length: number): Uint8Array {
  const bytes = allocated(length, (length) => new Uint8Array(new SharedArrayBuffer(length)))
  if (length > 0) native.largePages(bytes)
  return bytes
}

/** Zeroed memory, as {@link sharedBytes}, for numbers of the example's type. */
export function sharedLike(example: Rows, length: number): Rows {
  const bytes = sharedBytes(length * example.BYTES_PER_ELEMENT)
  return example instanceof Uint8Array ? bytes : new Float32Array(bytes.buffer)
}

function checkInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw invalid(`${what} must be an integer from ${least} to ${most}, got ${value}`)
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError('INVALID_ARGUMENT', message)
}
