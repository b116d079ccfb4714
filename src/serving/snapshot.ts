import { PalimpsestError } from '../../bindings/errors.ts'
import { LARGEST } from '../persistence/file.ts'
import { allocated } from '../tensor/memory.ts'

/** A state as its file has it, in memory that threads share: to be written before another is taken. */
export interface Snapshot {
  /** of the last change in it */
  readonly sequence: number
  /** what of the memory is the file */
  readonly length: number
  readonly memory: SharedArrayBuffer
}

// bytes: what is larger is not kept for the next
const MOST_KEPT = 2 ** 26

// of this thread. Measured: memory that is given to the other thread instead has that one collect garbage for 3 ms a few saves
let kept = new SharedArrayBuffer(0)

/** @param parts - a file, copied. @throws PalimpsestError `OUT_OF_MEMORY` */
export function snapshotOf(sequence: number, parts: readonly Uint8Array[]): Snapshot {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > LARGEST)
    throw new PalimpsestError('OUT_OF_MEMORY', `the file would have ${length} bytes, and ${LARGEST} can be read again`)
  const memory = length <= kept.byteLength ? kept : allocated(length, (bytes) => new SharedArrayBuffer(bytes))
  if (length <= MOST_KEPT) kept = memory
  const file = new Uint8Array(memory)
  let at = 0
  for (const part of parts) {
    file.set(part, at)
    at += part.length
  }
  return { sequence, length, memory }
}
