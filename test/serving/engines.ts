import { createHash } from 'node:crypto'
import { decodeSafetensors, encodeSafetensors, type Stored } from '../../src/persistence/safetensors.ts'
import { Engine } from '../../src/serving/engine.ts'
import { engineOf, storedOf } from '../../src/serving/engine-state.ts'
import { settingsOf } from '../../src/serving/settings.ts'
import type { ClassifierOptions, NetworkMethod } from '../../src/serving/types.ts'
import { Random } from '../../src/tensor/random.ts'

export const INPUTS = 6

/** Learns as a worker has it learn: what changed is published at once. */
export class Served extends Engine {
  override learn(...args: Parameters<Engine['learn']>): ReturnType<Engine['learn']> {
    const receipt = super.learn(...args)
    this.publish()
    return receipt
  }
}

export const engine = (options: Partial<ClassifierOptions> = {}): Engine =>
  new Served(settingsOf({ inputs: INPUTS, ...options }))

export const METHODS: readonly NetworkMethod[] = ['none', 'ewc', 'si', 'mas', 'kfac', 'lwf', 'replay']

export const network = (method: NetworkMethod = 'ewc', more: object = {}): Engine =>
  engine({
    model: { kind: 'network', hidden: [12], method, batchSize: 20, learningRate: 0.01, seed: 3, samples: 30, ...more },
    privacy: method === 'replay' ? 'samples' : 'no-samples',
  })

export interface Rows {
  readonly x: Float32Array
  readonly labels: readonly string[]
}

/** Rows around one corner a label, which the label's text alone decides; another seed draws others of the same classes. */
export function rows(labels: readonly string[], count: number, seed = 1, inputs: number = INPUTS): Rows {
  const random = Random.from(seed, 'rows')
  const chosen = Array.from({ length: count }, (_, row) => labels[row % labels.length] as string)
  const corners = new Map(labels.map((label) => [label, cornerOf(label, inputs)]))
  const x = Float32Array.from({ length: count * inputs }, (_, at) => {
    const corner = corners.get(chosen[Math.floor(at / inputs)] as string) as readonly number[]
    return (corner[at % inputs] as number) + 1.6 * (random.uniform() + random.uniform() - 1)
  })
  return { x, labels: chosen }
}

function cornerOf(label: string, inputs: number): readonly number[] {
  const random = Random.from(0, `corner of ${label}`)
  return Array.from({ length: inputs }, () => 2 * random.uniform() - 1)
}

export const row = ({ x }: Rows, at: number, inputs: number = INPUTS): Float32Array =>
  x.subarray(at * inputs, (at + 1) * inputs)

export const fileOf = (e: Engine): Uint8Array => new Uint8Array(Buffer.concat(encodeSafetensors(storedOf(e))))

/** of all that a file holds of it, counters and names too */
export const digest = (e: Engine): string => createHash('sha256').update(fileOf(e)).digest('hex')

export const stored = (e: Engine): Stored => decodeSafetensors(fileOf(e))

/** as a process that starts again has it */
export function reloaded(e: Engine): Engine {
  const loaded = engineOf(stored(e))
  Object.setPrototypeOf(loaded, Served.prototype)
  return loaded
}
