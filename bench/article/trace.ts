/** Test accuracy on both sets at one moment of the second task. */
export interface TracePoint {
  /** steps of the second task done, of all: 0 to 1 */
  readonly share: number
  readonly mnist: number
  readonly fashion: number
}

/** When to look, closer together at first, when most is forgotten: the square of even steps. */
export class Trace {
  readonly points: TracePoint[] = []
  readonly #count: number
  readonly #evaluate: () => { readonly mnist: number; readonly fashion: number }

  constructor(count: number, evaluate: () => { readonly mnist: number; readonly fashion: number }) {
    this.#count = count
    this.#evaluate = evaluate
  }

  /** looks when it is time; at least one step lies between two looks */
  at(share: number): void {
    const next = (this.points.length / this.#count) ** 2
    if (share >= next) this.points.push({ share, ...this.#evaluate() })
  }
}
