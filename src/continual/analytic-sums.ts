import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { doubles } from '../tensor/memory.ts'
import { type ClassSums, rankOne, type Sums, triangle } from './analytic-heads.ts'

/** Them as plain arrays: gram [D (D + 1) / 2], or one a class; sums [C, D], counts [C], classes [C] */
export type SumsArrays = Record<'gram' | 'sums' | 'counts' | 'classes', Float64Array>

/** of one class, with its own share of the gram where classes can be removed */
interface Held extends ClassSums {
  readonly gram: Float64Array | null
}

// of all sums of this thread, one after another: as large as what a model keeps, and as the rows of a call
let [product, gathered, negated] = [alignedFloats(0), alignedFloats(0), alignedFloats(0)]

const grown = (array: Float32Array, length: number): Float32Array =>
  array.length < length ? alignedFloats(length) : array

/** The sums that {@link Sums} names, in float64, as samples come and go. Arguments are trusted. */
export class RunningSums implements Sums {
  readonly features: number
  /** whether each class keeps its own gram */
  readonly removable: boolean
  readonly #classes = new Map<number, Held>()
  // zeros for classes that are about to come
  readonly #reserved = new Map<number, Held>()
  // of all classes, once there are some; null with removable
  #gram: Float64Array | null = null

  constructor(features: number, removable: boolean) {
    this.features = features
    this.removable = removable
  }

  get samples(): number {
    return this.classes.reduce((total, { count }) => total + count, 0)
  }

  /** the numbers of the classes, ascending */
  get labels(): readonly number[] {
    return [...this.#classes.keys()].sort((a, b) => a - b)
  }

  /** in the order of the labels */
  get classes(): readonly ClassSums[] {
    return this.#held()
  }

  /** where classes are removable that of the classes, added in the order of their labels, and not kept */
  get gram(): Float64Array {
    if (!this.removable) this.#gram ??= this.#triangle()
    if (this.#gram) return this.#gram
    const total = this.#triangle()
    for (const { gram } of this.#held()) addTo(total, gram as Float64Array)
    return total
  }

  of(label: number): ClassSums | undefined {
    return this.#classes.get(label)
  }

  /**
   * Takes all memory that adding rows of these labels needs, or taking them back, at most so many at a time, so that none of
   * several calls of `add` can fail.
   * @throws PalimpsestError `OUT_OF_MEMORY`; nothing has changed then
   */
  reserve(labels: ArrayLike<number>, rows: number, sign: 1 | -1): void {
    const D = this.features
    try {
      for (const label of new Set(Array.from(labels)))
        if (!this.#classes.has(label) && !this.#reserved.has(label)) this.#reserved.set(label, this.#empty())
      if (!this.removable) this.#gram ??= this.#triangle()
      product = grown(product, D * D)
      if (this.removable) gathered = grown(gathered, rows * D)
      if (sign === -1) negated = grown(negated, rows * D)
    } catch (error) {
      this.#reserved.clear()
      throw error
    }
  }

  /**
   * Adds rows h [B, D] of these labels [B]; with sign -1 takes them back.
   * @throws PalimpsestError `OUT_OF_MEMORY`; nothing has changed then
   */
  add(h: Float32Array, labels: ArrayLike<number>, sign: 1 | -1): void {
    this.reserve(labels, labels.length, sign)
    const D = this.features
    const rowsOf = new Map<number, number[]>()
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row] as number
      const rows = rowsOf.get(label)
      if (rows) rows.push(row)
      else rowsOf.set(label, [row])
      const { count, sum, gram } = this.#heldOf(label)
      for (let i = 0; i < D; i++) sum[i] = (sum[i] as number) + sign * (h[row * D + i] as number)
      this.#classes.set(label, { count: count + sign, sum, gram })
    }
    if (this.removable) {
      for (const [label, rows] of rowsOf) {
        const own = gathered.subarray(0, rows.length * D)
        rows.forEach((row, index) => {
          own.set(h.subarray(row * D, (row + 1) * D), index * D)
        })
        this.#addSquares(own, rows.length, sign, this.#heldOf(label).gram as Float64Array)
      }
    } else this.#addSquares(h, labels.length, sign, this.gram)
    this.#settle()
  }

  /** Forgets a class: wholly where removable, else but for its scatter about its own mean. */
  remove(label: number): void {
    const { count, sum } = this.#classes.get(label) as Held
    if (!this.removable) rankOne(this.gram, sum, -1 / count)
    this.#classes.delete(label)
    this.#settle()
  }

  /** @throws PalimpsestError `OUT_OF_MEMORY` */
  merge(other: RunningSums): void {
    this.reserve(other.labels, 0, 1)
    for (const label of other.labels) {
      const [mine, theirs] = [this.#heldOf(label), other.#classes.get(label) as Held]
      addTo(mine.sum, theirs.sum)
      if (mine.gram && theirs.gram) addTo(mine.gram, theirs.gram)
      this.#classes.set(label, { ...mine, count: mine.count + theirs.count })
    }
    if (!this.removable) addTo(this.gram, other.gram)
  }

  /** copies */
  arrays(): SumsArrays {
    const held = this.#held()
    return {
      gram: this.removable ? joined(held.map(({ gram }) => gram as Float64Array)) : this.gram.slice(),
      sums: joined(held.map(({ sum }) => sum)),
      counts: Float64Array.from(held, ({ count }) => count),
      classes: Float64Array.from(this.labels),
    }
  }

  /** the reverse of `arrays`, in place of what is here */
  replace({ gram, sums, counts, classes }: SumsArrays): void {
    const [D, size] = [this.features, triangle(this.features)]
    this.#gram = this.removable ? null : gram.slice()
    this.#classes.clear()
    classes.forEach((label, c) => {
      this.#classes.set(label, {
        count: counts[c] as number,
        sum: sums.slice(c * D, (c + 1) * D),
        gram: this.removable ? gram.slice(c * size, (c + 1) * size) : null,
      })
    })
  }

  #triangle(): Float64Array {
    return doubles(triangle(this.features))
  }

  /** in the order of the labels */
  #held(): Held[] {
    return this.labels.map((label) => this.#classes.get(label) as Held)
  }

  #empty(): Held {
    return { count: 0, sum: doubles(this.features), gram: this.removable ? this.#triangle() : null }
  }

  #heldOf(label: number): Held {
    const held = this.#classes.get(label) ?? (this.#reserved.get(label) as Held)
    this.#reserved.delete(label)
    return held
  }

  /** gram += sign h^T h of rows h */
  #addSquares(h: Float32Array, rows: number, sign: 1 | -1, gram: Float64Array): void {
    const D = this.features
    const squares = product.subarray(0, D * D)
    const left = sign === 1 ? h : negated.subarray(0, h.length)
    if (sign === -1) native.scale(h, -1, left)
    native.matmulTN(D, D, rows, left, h, null, squares, false, false)
    for (let i = 0; i < D; i++)
      native.accumulate(squares.subarray(i * D, i * D + i + 1), gram.subarray(triangle(i), triangle(i + 1)))
  }

  /** a class without samples is gone; of no sample the sums are 0, not what rounding left */
  #settle(): void {
    for (const [label, { count }] of this.#classes) if (count === 0) this.#classes.delete(label)
    if (this.#classes.size === 0) this.#gram = null
  }
}

function addTo(total: Float64Array, more: Float64Array): void {
  for (let at = 0; at < total.length; at++) total[at] = (total[at] as number) + (more[at] as number)
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(arrays.reduce((length, array) => length + array.length, 0))
  let at = 0
  for (const array of arrays) {
    whole.set(array, at)
    at += array.length
  }
  return whole
}
