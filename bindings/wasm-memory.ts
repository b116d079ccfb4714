import { PalimpsestError } from './errors.ts'

export type View = Uint8Array | Uint32Array | Float32Array | Float64Array

interface Group {
  readonly buffer: ArrayBufferLike
  readonly start: number
  readonly end: number
  readonly address: number
}

/** what a module exports as its memory */
export interface Growing {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const PAGE = 65536
const LINE = 64

const bytesOf = ({ buffer, byteOffset, byteLength }: View) => new Uint8Array(buffer, byteOffset, byteLength)

/**
 * What one call keeps in a module's memory, above the module's own data: what C++ allocates, and copies of arrays.
 * It is all forgotten when the call ends.
 */
export class Memory {
  readonly #memory: Growing
  readonly #start: number
  #top: number
  #copies: { readonly view: View; readonly address: number; readonly written: boolean }[] = []
  #groups: Group[] = []

  constructor(memory: Growing, start: number) {
    this.#memory = memory
    this.#start = this.#top = start
  }

  /** all of it; another buffer once it has grown */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer)
  }

  setWord(address: number, value: number): void {
    new DataView(this.#memory.buffer).setUint32(address, value, true)
  }
  setNumber(address: number, value: number): void {
    new DataView(this.#memory.buffer).setFloat64(address, value, true)
  }
  word(address: number): number {
    return new DataView(this.#memory.buffer).getUint32(address, true)
  }

  /** a text of so many bytes, or one that ends at a 0 */
  text(address: number, length?: number): string {
    const end = length === undefined ? this.bytes.indexOf(0, address) : address + length
    return new TextDecoder().decode(this.bytes.subarray(address, end))
  }
  /** the text and a 0, where there is room for all of it */
  setText(address: number, text: Uint8Array): void {
    this.bytes.set(text, address)
    this.bytes[address + text.length] = 0
  }

  /** its address is `remainder` past the start of a cache line */
  allocate(bytes: number, remainder = 0): number {
    const address = Math.ceil(this.#top / LINE) * LINE + remainder
    const lacking = address + bytes - this.#memory.buffer.byteLength
    if (lacking > 0) this.#grow(lacking)
    this.#top = address + bytes
    return address
  }

  #grow(bytes: number): void {
    try {
      this.#memory.grow(Math.ceil(bytes / PAGE))
    } catch (cause) {
      throw new PalimpsestError(
        'OUT_OF_MEMORY',
        `WebAssembly has ${this.#memory.buffer.byteLength} bytes of memory and got no ${bytes} more`,
        { cause },
      )
    }
  }

  /** Copies an array in; arrays that overlap lie in the copy as they do here, if `all` has them. */
  place(view: View, written: boolean, all: readonly unknown[]): number {
    const { buffer, byteOffset, byteLength } = view
    const within = ({ start, end }: Group) => start <= byteOffset && byteOffset + byteLength <= end
    let group = this.#groups.find((one) => one.buffer === buffer && within(one))
    if (!group) {
      const [start, end] = stretch(view, all)
      group = { buffer, start, end, address: this.allocate(end - start, start % LINE) }
      this.#groups.push(group)
    }
    const address = group.address + byteOffset - group.start
    this.bytes.set(bytesOf(view), address)
    this.#copies.push({ view, address, written })
    return address
  }

  /** back into the arrays that were written */
  copyBack(): void {
    for (const { view, address, written } of this.#copies)
      if (written) bytesOf(view).set(this.bytes.subarray(address, address + view.byteLength))
  }

  forget(): void {
    this.#top = this.#start
    this.#copies = []
    this.#groups = []
  }
}

/** from where to where an array reaches in its buffer, together with those that it overlaps, and those that they do */
function stretch(view: View, all: readonly unknown[]): [start: number, end: number] {
  let [start, end] = [view.byteOffset, view.byteOffset + view.byteLength]
  for (let before = 0; before < end - start; ) {
    before = end - start
    for (const other of all) {
      if (!ArrayBuffer.isView(other) || other.buffer !== view.buffer) continue
      const last = other.byteOffset + other.byteLength
      if (other.byteOffset < end && start < last) {
        start = Math.min(start, other.byteOffset)
        end = Math.max(end, last)
      }
    }
  }
  return [start, end]
}
