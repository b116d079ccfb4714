import type { Random } from '../../src/tensor/random.ts'

/** no mutation makes an input longer */
const MOST_BYTES = 4096
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]
/** what the headers that are read are made of */
const WORDS = ['"', '\\u0000', '{', '}', '[', ']', ',', ':', '0', '9007199254740993', '-1', '1e5', 'F32', 'F64', 'BOOL']

type Change = (bytes: Uint8Array, at: number, random: Random, other: Uint8Array) => Uint8Array

const spliced = (bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])

function written(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(part.subarray(0, copy.length - at), at)
  return copy
}

function edge(random: Random): Uint8Array {
  const word = Buffer.alloc(4)
  const value = EDGES[random.below(EDGES.length)] as number
  if (random.below(2) === 0) word.writeUInt32LE(value)
  else word.writeUInt32BE(value)
  return word.subarray(0, 1 << random.below(3))
}

const CHANGES: readonly Change[] = [
  // one bit
  (bytes, at, random) => written(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8)))),
  // one byte, or one more or less
  (bytes, at, random) => written(bytes, at, Uint8Array.of(random.below(256))),
  (bytes, at, random) => written(bytes, at, Uint8Array.of((bytes[at] ?? 0) + random.below(9) - 4)),
  // a number at the edge of a type
  (bytes, at, random) => written(bytes, at, edge(random)),
  // a part gone, doubled, or from elsewhere
  (bytes, at, random) => spliced(bytes, at, at + 1 + random.below(8), new Uint8Array()),
  (bytes, at, random) => spliced(bytes, at, at, bytes.subarray(at, at + 1 + random.below(16))),
  (bytes, at, random, other) => spliced(bytes, at, bytes.length, other.subarray(random.below(other.length + 1))),
  (bytes, at, random) => spliced(bytes, at, at, Buffer.from(WORDS[random.below(WORDS.length)] as string)),
  (bytes, at) => bytes.subarray(0, at),
  // a digit
  (bytes, _, random) => {
    const digits = [...bytes.keys()].filter((at) => (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39)
    const at = digits[random.below(Math.max(digits.length, 1))] ?? 0
    return written(bytes, at, Uint8Array.of(0x30 + random.below(10)))
  },
]

/** The bytes after one to four changes; `other` is an input to take a part from. */
export function mutated(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let result = bytes
  for (let left = 1 + random.below(4); left > 0; left--) {
    const change = CHANGES[random.below(CHANGES.length)] as Change
    result = change(result, random.below(result.length + 1), random, other)
  }
  return Uint8Array.from(result.subarray(0, MOST_BYTES))
}
