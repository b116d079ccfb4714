import { Predictor, type PredictorLayer } from '../nn/predictor.ts'
import type { Answer } from './types.ts'

/** What a slot holds, besides its numbers: shapes of the arrays of each layer, and the labels of the last one's outputs. */
export interface Layout {
  readonly inputs: number
  readonly labels: readonly string[]
  /** lengths of weight, bias and the norm's arrays, a layer */
  readonly lengths: readonly (readonly number[])[]
}

/** One state of what answers. */
export interface Published {
  readonly layers: readonly PredictorLayer[]
  readonly labels: readonly string[]
  readonly threshold: number
  readonly sequence: number
}

const SLOTS = 3
const LINE = 64
// current slot, then the readers of each
const CONTROL = LINE
// threshold and sequence
const HEAD = LINE

/** how a state lies in a slot */
export const layoutOf = (inputs: number, { layers, labels }: Published): Layout => ({
  inputs,
  labels,
  lengths: layers.map(({ weight, bias, norm }) => [weight, bias, ...norm].map(({ length }) => length)),
})

export const sameLayout = (a: Layout, b: Layout): boolean => JSON.stringify(a) === JSON.stringify(b)

const padded = (length: number): number => Math.ceil((4 * length) / LINE) * LINE
const slotSize = ({ lengths }: Layout): number => HEAD + lengths.flat().reduce((sum, length) => sum + padded(length), 0)

/** Memory for three slots, zeroed. */
export const slotMemory = (layout: Layout): SharedArrayBuffer =>
  new SharedArrayBuffer(CONTROL + SLOTS * slotSize(layout))

/** views of a slot */
function viewsOf(memory: SharedArrayBuffer, layout: Layout, slot: number) {
  let at = CONTROL + slot * slotSize(layout)
  const head = new Float64Array(memory, at, 2)
  at += HEAD
  const layers = layout.lengths.map((lengths): PredictorLayer => {
    const [weight, bias, ...norm] = lengths.map((length) => {
      const view = new Float32Array(memory, at, length)
      at += padded(length)
      return view
    })
    return { weight: weight as Float32Array, bias: bias as Float32Array, norm }
  })
  return { head, layers }
}

/**
 * The writing end of three slots of shared memory: a new state goes into one that is neither current nor being read, and
 * then becomes current. Readers never wait and never see half a state.
 */
export class SlotWriter {
  readonly memory: SharedArrayBuffer
  readonly layout: Layout
  readonly #control: Int32Array
  readonly #slots: readonly ReturnType<typeof viewsOf>[]

  constructor(layout: Layout) {
    this.layout = layout
    this.memory = slotMemory(layout)
    this.#control = new Int32Array(this.memory, 0, 1 + SLOTS)
    this.#slots = Array.from({ length: SLOTS }, (_, slot) => viewsOf(this.memory, layout, slot))
  }

  write({ layers, threshold, sequence }: Published): void {
    const current = Atomics.load(this.#control, 0)
    const free = [1, 2].map((step) => (current + step) % SLOTS)
    let chosen = free.find((slot) => Atomics.load(this.#control, 1 + slot) === 0)
    // two readers, each held up in a slot of its own: the first to leave makes room
    while (chosen === undefined) chosen = free.find((slot) => Atomics.load(this.#control, 1 + slot) === 0)
    const slot = this.#slots[chosen] as ReturnType<typeof viewsOf>
    layers.forEach(({ weight, bias, norm }, index) => {
      const to = slot.layers[index] as PredictorLayer
      to.weight.set(weight)
      to.bias.set(bias)
      norm.forEach((array, at) => {
        to.norm[at]?.set(array)
      })
    })
    slot.head.set([threshold, sequence])
    Atomics.store(this.#control, 0, chosen)
  }
}

/** The reading end. */
export class SlotReader {
  readonly layout: Layout
  readonly bytes: number
  readonly #control: Int32Array
  readonly #slots: readonly { readonly head: Float64Array; readonly predictor: Predictor }[]

  constructor(memory: SharedArrayBuffer, layout: Layout) {
    this.layout = layout
    this.bytes = memory.byteLength
    this.#control = new Int32Array(memory, 0, 1 + SLOTS)
    this.#slots = Array.from({ length: SLOTS }, (_, slot) => {
      const { head, layers } = viewsOf(memory, layout, slot)
      return { head, predictor: new Predictor(layout.inputs, layers, { packed: false }) }
    })
  }

  /** the sequence of the current state */
  get sequence(): number {
    return this.#reading(({ head }) => head[1] as number)
  }

  /** of rows x [B, I]. @throws PalimpsestError as {@link Predictor.predict} */
  predict(x: Float32Array): Answer[] {
    return this.#reading(({ head, predictor }) => {
      const { labels, probabilities } = predictor.predict(x)
      const classes = predictor.outputs
      return Array.from(labels, (column, row) => {
        const probability = probabilities[row * classes + column] as number
        return { label: this.layout.labels[column] as string, probability, known: probability >= (head[0] as number) }
      })
    })
  }

  #reading<T>(read: (slot: { head: Float64Array; predictor: Predictor }) => T): T {
    for (;;) {
      const current = Atomics.load(this.#control, 0)
      Atomics.add(this.#control, 1 + current, 1)
      try {
        // it may have been given up, and be written, before this reader was counted
        if (Atomics.load(this.#control, 0) === current)
          return read(this.#slots[current] as { head: Float64Array; predictor: Predictor })
      } finally {
        Atomics.sub(this.#control, 1 + current, 1)
      }
    }
  }
}
