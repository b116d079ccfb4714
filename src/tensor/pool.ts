import { alignedFloats } from './aligned.ts'

/** Float32Arrays by length, used again step after step, so that a step in steady state allocates none. */
export class BufferPool {
  readonly #free = new Map<number, Float32Array[]>()
  readonly #taken = new Set<Float32Array>()
  #allocated = 0

  /** how many buffers this pool has ever made */
  get allocated(): number {
    return this.#allocated
  }

  /** a buffer with unspecified contents */
  take(length: number): Float32Array {
    let buffer = this.#free.get(length)?.pop()
    if (!buffer) {
      buffer = alignedFloats(length)
      this.#allocated++
    }
    this.#taken.add(buffer)
    return buffer
  }

  give(buffer: Float32Array): void {
    if (!this.#taken.delete(buffer)) return
    const shelf = this.#free.get(buffer.length)
    if (shelf) shelf.push(buffer)
    else this.#free.set(buffer.length, [buffer])
  }

  /** gives back everything that is still out */
  reclaim(): void {
    for (const buffer of this.#taken) this.give(buffer)
  }
}
