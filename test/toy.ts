import { createHash } from 'node:crypto'
import { type ErrorCode, PalimpsestError } from '../bindings/errors.ts'
import { type LabelledSet, labelledSet } from '../src/data/set.ts'
import type { Mlp } from '../src/nn/mlp.ts'
import type { Classifier } from '../src/nn/module.ts'
import type { Parameter } from '../src/tensor/parameter.ts'
import { Random } from '../src/tensor/random.ts'

/** half the distance between 1 and the next float32: the largest relative error of one rounding */
export const UNIT_ROUNDOFF: number = 2 ** -24

export interface BlobOptions {
  readonly count?: number
  readonly features?: number
  readonly classes?: number
  /** another seed is another task: its classes lie elsewhere */
  readonly seed?: number
  /** how far a byte strays from its class's prototype */
  readonly spread?: number
}

/** Bytes scattered around one random prototype a class; labels take turns. */
export function blobs(options: BlobOptions = {}): LabelledSet {
  const { count = 60, features = 8, classes = 3, seed = 1, spread = 40 } = options
  const random = Random.from(seed, 'blobs')
  const prototypes = Array.from({ length: classes }, () => bytes(features, () => random.below(256)))
  const labels = bytes(count, (row) => row % classes)
  const inputs = bytes(count * features, (at) => {
    const centre = prototypes[Math.floor(at / features) % classes]?.[at % features] as number
    return Math.min(255, Math.max(0, centre + random.below(2 * spread + 1) - spread))
  })
  return labelledSet({ name: `blobs ${seed}`, inputs, labels, features, classes })
}

const bytes = (length: number, value: (at: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => value(at))

/** [count, features] as the library is to see a set: byte times float32(1 / 255), rounded to float32 */
export function inputsOf(set: LabelledSet): Float32Array {
  const unit = Math.fround(1 / 255)
  return Float32Array.from(set.inputs, (byte) => byte * unit)
}

/** uniform in [-scale, scale) */
export const numbers = (length: number, random: Random, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => (2 * random.uniform() - 1) * scale)

export function hashOf(arrays: Iterable<Float32Array>): string {
  const hash = createHash('sha256')
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  return hash.digest('hex')
}

/** of all that training can change in a model: its parameters, and the running statistics of BatchNorm */
export const stateOf = (model: Mlp): string =>
  hashOf([
    ...model.parameters().map(({ data }) => data),
    ...model.norms.flatMap(({ runningMean, runningVariance }) => [runningMean, runningVariance]),
  ])

/** What a call that must fail with a PalimpsestError throws. */
export function thrown(run: () => unknown): PalimpsestError {
  try {
    run()
  } catch (error) {
    if (error instanceof PalimpsestError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export const codeOf = (run: () => unknown): ErrorCode => thrown(run).code

/** The same for a promise. */
export const rejection = (promise: Promise<unknown>): Promise<PalimpsestError> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error: unknown) => {
      if (error instanceof PalimpsestError) return error
      throw error
    },
  )

export async function drain<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

/** the largest of |a - b| / allowed(b), so that at most 1 means that all are within what is allowed */
export function worst(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  allowed: (b: number, index: number) => number,
): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`)
  let most = 0
  for (let i = 0; i < a.length; i++) {
    const ratio = Math.abs((a[i] as number) - (b[i] as number)) / allowed(b[i] as number, i)
    // 0 / 0 is no error, any other NaN is one
    if (!(ratio <= most) && a[i] !== b[i]) most = Number.isNaN(ratio) ? Infinity : ratio
  }
  return most
}

export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** moves every parameter a little, as training would */
export function nudge(parameters: readonly Parameter[], random: Random, scale = 0.1): void {
  for (const { data } of parameters)
    data.forEach((value, i) => {
      data[i] = value + (2 * random.uniform() - 1) * scale
    })
}

/** A classifier like another that tells of every forward pass first. */
export function watched(model: Classifier, seen: (...call: Parameters<Classifier['forward']>) => void): Classifier {
  const { inputs, outputs, seed } = model
  return {
    inputs,
    outputs,
    seed,
    parameters: () => model.parameters(),
    forward(x, mode) {
      seen(x, mode)
      return model.forward(x, mode)
    },
  }
}
