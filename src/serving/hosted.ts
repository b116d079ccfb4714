import type { Engine } from './engine.ts'
import type { Opening } from './engine-state.ts'
import type { Reply } from './messages.ts'
import { layoutOf, SlotWriter, sameLayout } from './slots.ts'

// between two publications while calls wait, in milliseconds
const RARELY = 20

/** A model that lives in this thread, or can be read from its file, and where it publishes what answers. */
export class Hosted {
  readonly #inputs: number
  readonly #read: () => Promise<Engine>
  readonly #expected: number
  // until the rest is read
  #opening: Opening | null
  #engine: Engine | null
  #slots: SlotWriter | null = null
  #stale = true
  #resting = 0

  private constructor(opening: Opening | null, engine: Engine | null, read: () => Promise<Engine>) {
    const { settings, bytes } = (engine ?? opening) as Engine | Opening
    this.#inputs = settings.inputs
    this.#expected = bytes
    this.#opening = opening
    this.#engine = engine
    this.#read = read
  }

  static of(engine: Engine): Hosted {
    return new Hosted(null, engine, async () => engine)
  }

  /** @param read - the rest, once that is asked for; where it fails nothing has changed, and it is tried again */
  static opened(opening: Opening, read: () => Promise<Engine>): Hosted {
    return new Hosted(opening, null, read)
  }

  /** of the model's state, also before it is read */
  get bytes(): number {
    return this.#engine?.bytes ?? this.#expected
  }

  /** of the last change */
  get sequence(): number {
    return (this.#engine ?? this.#opening?.published)?.sequence ?? 0
  }

  /** whether its state is in the file alone */
  get unread(): boolean {
    return this.#engine === null
  }

  /** @throws PalimpsestError what reading its file does */
  async engine(): Promise<Engine> {
    this.#engine ??= await this.#read()
    this.#opening = null
    return this.#engine
  }

  async change<T>(run: (engine: Engine) => T): Promise<T> {
    const value = run(await this.engine())
    this.#stale = true
    return value
  }

  /** Publishes unless that was done too lately and another call waits. Returns new memory where there is some. */
  publish(more: boolean): Pick<Reply, 'visible' | 'slots'> {
    if (!this.#stale) return { visible: true, slots: undefined }
    const began = performance.now()
    if (more && began < this.#resting) return { visible: false, slots: undefined }
    const slots = this.#write()
    this.#stale = false
    const took = performance.now() - began
    this.#resting = performance.now() + Math.max(RARELY, took)
    return { visible: true, slots }
  }

  /** at the next chance, however soon */
  hurry(): void {
    this.#resting = 0
  }

  #write(): Reply['slots'] {
    const published = this.#engine ? this.#engine.publish() : this.#opening?.published
    if (!published) {
      this.#slots = null
      return null
    }
    const layout = layoutOf(this.#inputs, published)
    const same = this.#slots !== null && sameLayout(this.#slots.layout, layout)
    this.#slots = same ? this.#slots : new SlotWriter(layout)
    this.#slots?.write(published)
    return same ? undefined : { memory: (this.#slots as SlotWriter).memory, layout }
  }
}
