import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import { type ClassSums, rankOne, type Sums } from './analytic-heads.ts'

/** Them as plain arrays: gram [D, D], sums [C, D], counts [C], classes [C] */
export type SumsArrays = Record<'gram' | 'sums' | 'counts' | 'classes', Float64Array>

/** The sums that {@link Sums} names, in float64, as samples come and go. Arguments are trusted. */
export class RunningSums implements Sums {
  readonly features: number
  readonly gram: Float64Array
  readonly #classes = new Map<number, ClassSums>()
  #product: Float32Array | null = null

  constructor(features: number) {
    this.features = features
    this.gram = new Float64Array(features * features)
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
    return this.labels.map((label) => this.#classes.get(label) as ClassSums)
  }

  of(label: number): ClassSums | undefined {
    return this.#classes.get(label)
  }

  /** Adds rows h [B, D] of these labels [B]; with sign -1 takes them back. */
  add(h: Float32Array, labels: ArrayLike<number>, sign: 1 | -1): void {
    const D = this.features
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row] as number
      const { count, sum } = this.#classes.get(label) ?? { count: 0, sum: new Float64Array(D) }
      for (let i = 0; i < D; i++) sum[i] = (sum[i] as number) + sign * (h[row * D + i] as number)
      this.#set(label, { count: count + sign, sum })
    }
    this.#product ??= alignedFloats(D * D)
    const left = sign === 1 ? h : alignedFloats(h.length)
    if (sign === -1) native.scale(h, -1, left)
    native.matmulTN(D, D, labels.length, left, h, null, this.#product, false, false)
    native.accumulate(this.#product, this.gram)
    this.#settle()
  }

  /** Forgets a class, but for its scatter about its own mean. */
  remove(label: number): void {
    const { count, sum } = this.#classes.get(label) as ClassSums
    rankOne(this.gram, sum, -1 / count)
    this.#set(label, { count: 0, sum })
    this.#settle()
  }

  merge(other: RunningSums): void {
    for (let at = 0; at < this.gram.length; at++) this.gram[at] = (this.gram[at] as number) + (other.gram[at] as number)
    for (const label of other.labels) {
      const [mine, theirs] = [this.#classes.get(label), other.of(label) as ClassSums]
      const sum = theirs.sum.map((value, i) => value + (mine?.sum[i] ?? 0))
      this.#set(label, { count: theirs.count + (mine?.count ?? 0), sum })
    }
  }

  /** copies */
  arrays(): SumsArrays {
    const { features, classes, labels } = this
    const sums = new Float64Array(classes.length * features)
    classes.forEach(({ sum }, c) => {
      sums.set(sum, c * features)
    })
    return {
      gram: this.gram.slice(),
      sums,
      counts: Float64Array.from(classes, ({ count }) => count),
      classes: Float64Array.from(labels),
    }
  }

  /** the reverse of `arrays`, in place of what is here */
  replace({ gram, sums, counts, classes }: SumsArrays): void {
    const D = this.features
    this.gram.set(gram)
    this.#classes.clear()
    classes.forEach((label, c) => {
      this.#set(label, { count: counts[c] as number, sum: sums.slice(c * D, (c + 1) * D) })
    })
  }

  #set(label: number, sums: ClassSums): void {
    if (sums.count > 0) this.#classes.set(label, sums)
    else this.#classes.delete(label)
  }

  /** of no sample the sums are 0, not what rounding left */
  #settle(): void {
    if (this.#classes.size === 0) this.gram.fill(0)
  }
}
