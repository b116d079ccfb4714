import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LabelledSet, labelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { joined } from './floats.ts'
import { BATCHES, NETS, type Net } from './names.ts'

const INPUTS = 784
const CLASSES = 10
const ROWS = BATCHES.at(-1) as number
/** a prime, so that no row of a matrix made of them repeats another */
const NUMBERS = 1_000_003
/** where the second operand of a product begins: far from the first, or both would be one matrix */
export const SECOND = 500_009
const SAMPLES = 60_000

/**
 * What every peer computes on: files in a folder of their own, which its programs read, and to which they write `result`.
 *
 * - `<net>.f32` weights and biases, layer by layer, W[O, I]
 * - `rows.f32` [1024, 784], `labels.u8` [1024]: a batch is the first of them
 * - `pixels.u8` [60000, 784], `answers.u8` [60000]: the set of a Fisher; a pixel counts 1/255
 * - `numbers.f32`: A of a product is the first of them, from the start again when they end; B likewise from the one at 500,009
 *
 * Numbers are float32, little-endian.
 */
export class Material {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'palimpsest-peers-'))
  readonly #result = join(this.folder, 'result')
  readonly rows: Float32Array
  readonly labels: Uint8Array
  readonly numbers: Float32Array
  readonly set: LabelledSet

  constructor(set: LabelledSet = randomSet()) {
    const random = Random.from(1)
    this.set = set
    this.rows = Float32Array.from({ length: ROWS * INPUTS }, () => random.uniform())
    this.labels = Uint8Array.from({ length: ROWS }, (_, row) => row % CLASSES)
    this.numbers = Float32Array.from({ length: NUMBERS }, () => random.uniform() - 0.5)
    const weights = NETS.map((net): [string, Float32Array] => [`${net.name}.f32`, flat(this.model(net))])
    const files: [string, Float32Array | Uint8Array][] = [
      ...weights,
      ['rows.f32', this.rows],
      ['labels.u8', this.labels],
      ['numbers.f32', this.numbers],
      ['pixels.u8', set.inputs],
      ['answers.u8', set.labels],
    ]
    for (const [name, data] of files) writeFileSync(join(this.folder, name), data)
  }

  /** a fresh one, with the weights of the file: its biases are not 0, lest a peer forgets them unseen */
  model(net: Net): Mlp {
    const model = new Mlp(net.sizes, { seed: 1 })
    const random = Random.from(3)
    for (const { shape, data } of model.parameters())
      if (shape.length === 1) for (const index of data.keys()) data[index] = (random.uniform() - 0.5) / 10
    return model
  }

  /** `count` numbers from the one at `offset` on, in a ring */
  operand(count: number, offset: number): Float32Array {
    const all = new Float32Array(count)
    for (let at = 0, from = offset; at < count; from = 0) {
      const piece = this.numbers.subarray(from, from + count - at)
      all.set(piece, at)
      at += piece.length
    }
    return all
  }

  /** what the check of a peer left here since {@link forget}; an empty one when it left nothing */
  result(): Float32Array {
    const path = this.#result
    if (!existsSync(path)) return new Float32Array()
    const bytes = readFileSync(path)
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)))
  }

  forget(): void {
    rmSync(this.#result, { force: true })
  }

  readonly remove = (): void => rmSync(this.folder, { recursive: true, force: true })
}

export const flat = (model: Mlp): Float32Array => joined(model.parameters().map(({ data }) => data))

function randomSet(): LabelledSet {
  const random = Random.from(2)
  const words = Uint32Array.from({ length: (SAMPLES * INPUTS) / 4 }, () => random.uniform() * 2 ** 32)
  return labelledSet({
    name: 'random bytes',
    inputs: new Uint8Array(words.buffer),
    labels: Uint8Array.from({ length: SAMPLES }, (_, row) => row % CLASSES),
    features: INPUTS,
    classes: CLASSES,
  })
}
