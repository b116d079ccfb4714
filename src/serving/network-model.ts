import { PalimpsestError } from '../../bindings/errors.ts'
import { Ewc } from '../continual/ewc.ts'
import { Kfac } from '../continual/kfac.ts'
import { Lwf } from '../continual/lwf.ts'
import { Mas } from '../continual/mas.ts'
import type { Method } from '../continual/method.ts'
import { Replay } from '../continual/replay.ts'
import { RunningFisher } from '../continual/running-fisher.ts'
import { Si } from '../continual/si.ts'
import { labelledSet } from '../data/set.ts'
import { Mlp } from '../nn/mlp.ts'
import type { PredictorLayer } from '../nn/predictor.ts'
import { Adam } from '../optim/adam.ts'
import { Random, type RandomState } from '../tensor/random.ts'
import { Learner } from '../training/learner.ts'
import type { Answering, ModelState, ServedModel } from './model.ts'
import type { Settings } from './settings.ts'
import type { NetworkMethod } from './types.ts'

type NetworkSettings = Extract<Settings['model'], { kind: 'network' }>

// labels of a set are bytes
const MOST_CLASSES = 256
// Adam moves a weight by some rates a step: within these no gradient, nor its square, overflows
const TAME = { rate: 0.1, input: 1e4 }
// rows that a consolidation looks at together
const CHUNK = 100

/** What changes together: a network of so many classes, with all that belongs to its parameters. */
interface Parts {
  readonly mlp: Mlp
  readonly adam: Adam
  readonly method: Method | null
  readonly learner: Learner
  /** squared gradients since the last consolidation, for EWC alone */
  readonly gathered: RunningFisher | null
}

/** An Mlp with Adam and a method, which grows by an output for every new class. */
export class NetworkModel implements ServedModel {
  readonly live = true
  readonly hidden: readonly PredictorLayer[] = []
  readonly #inputs: number
  readonly #settings: NetworkSettings
  #parts: Parts
  #random: Random
  // whether it took a step since a consolidation: that makes moments and paths
  #stepped = false
  // null after a change of size
  #bytes: number | null = null

  constructor({ inputs, model }: Settings) {
    if (model.kind !== 'network') throw new TypeError('no settings of a network')
    this.#inputs = inputs
    this.#settings = model
    this.#parts = this.#fresh(1)
    this.#random = Random.from(model.seed, 'consolidation')
  }

  get bytes(): number {
    this.#bytes ??= Object.values(this.state().arrays).reduce((sum, { byteLength }) => sum + byteLength, 0)
    return this.#bytes
  }

  learn(x: Float32Array, labels: readonly number[], classes: number): void {
    if (classes > MOST_CLASSES)
      throw new PalimpsestError('INVALID_ARGUMENT', `a network has at most ${MOST_CLASSES} classes, not ${classes}`)
    const { batchSize, epochs } = this.#settings
    const steps = Math.ceil(labels.length / batchSize) * epochs
    const { outputs } = this.#parts.mlp
    const wild = this.#settings.learningRate > TAME.rate || x.some((value) => Math.abs(value) > TAME.input)
    // one step alone changes nothing when it fails; several go on a copy, and one that may overflow what it changes
    const parts = steps > 1 || classes > outputs || wild ? this.#copy(Math.max(classes, outputs)) : this.#parts
    const y = Uint8Array.from(labels)
    for (let epoch = 0; epoch < epochs; epoch++)
      for (let from = 0; from < y.length; from += batchSize) {
        const to = Math.min(from + batchSize, y.length)
        const rows = x.subarray(from * this.#inputs, to * this.#inputs)
        parts.learner.step(rows, y.subarray(from, to))
        if (epoch === epochs - 1) parts.gathered?.add(parts.mlp, rows, y.subarray(from, to))
      }
    if (wild) checkFinite(parts)
    if (classes > outputs || !this.#stepped) this.#bytes = null
    this.#stepped = true
    this.#parts = parts
  }

  consolidate(x: Float32Array | null, labels: readonly number[]): void {
    const { mlp, method, gathered } = this.#parts
    if (!method) return
    if (x === null && method instanceof Ewc) method.add((gathered as RunningFisher).diagonal())
    else {
      if (x === null && !(method instanceof Si || method instanceof Lwf))
        throw new PalimpsestError(
          'UNSUPPORTED',
          `${method.name} consolidates by looking at samples: give rows and labels to consolidate`,
        )
      // what looks at no sample is handed one all the same
      const inputs = x ?? new Float32Array(this.#inputs)
      const set = labelledSet({
        name: 'consolidation',
        inputs,
        labels: x ? Uint8Array.from(labels) : Uint8Array.of(0),
        features: this.#inputs,
        classes: mlp.outputs,
      })
      method.consolidate({ model: mlp, set, batchSize: CHUNK, batches: null, random: this.#random })
    }
    gathered?.reset()
    this.#bytes = null
    this.#stepped = false
  }

  forget(): never {
    throw unsupported('forget')
  }

  removeClass(): never {
    throw unsupported('removeClass')
  }

  has(label: number): boolean {
    return label < this.#parts.mlp.outputs
  }

  layers(): Answering {
    const { mlp } = this.#parts
    return { layers: mlp.layers(), columns: Array.from({ length: mlp.outputs }, (_, column) => column) }
  }

  estimatedRise(): number | null {
    const { method, mlp } = this.#parts
    if (!(method instanceof Ewc) || method.lambda === 0) return null
    const penalty = method.penalty(mlp.parameters())
    return penalty === null ? null : penalty / method.lambda
  }

  state(): ModelState {
    const { mlp, adam, method, gathered } = this.#parts
    const parameters = mlp.parameters()
    const parts = {
      optimizer: adam.state(parameters),
      method: method?.state?.(parameters),
      gathered: gathered?.state(),
    }
    const arrays: Record<string, Float32Array | Float64Array | Uint8Array> = {
      random: Float64Array.from(this.#random.state),
    }
    const numbers: Record<string, number> = { outputs: mlp.outputs }
    for (const { name, data } of parameters) arrays[`weights/${name}`] = data.slice()
    for (const [part, held] of Object.entries(parts)) {
      for (const [name, array] of Object.entries(held?.arrays ?? {})) arrays[`${part}/${name}`] = array
      for (const [name, value] of Object.entries(held?.numbers ?? {})) numbers[`${part}/${name}`] = value
    }
    return { numbers, arrays }
  }

  restore(state: ModelState, classes: number): void {
    const { outputs = 0 } = state.numbers
    if (outputs !== Math.max(classes, 1) || outputs > MOST_CLASSES)
      throw new PalimpsestError('STATE_MALFORMED', `the network has ${outputs} outputs for ${classes} classes`)
    const parts = this.#fresh(outputs)
    const parameters = parts.mlp.parameters()
    for (const { name, data } of parameters) {
      const held = state.arrays[`weights/${name}`]
      if (!(held instanceof Float32Array) || held.length !== data.length || !held.every(Number.isFinite))
        throw new PalimpsestError('STATE_MALFORMED', `weights/${name} is not ${data.length} finite float32 numbers`)
      data.set(held)
    }
    const within = (part: string): ModelState => ({
      numbers: unprefixed(state.numbers, part),
      arrays: unprefixed(state.arrays, part),
    })
    parts.adam.restore(parameters, { name: 'adam', ...within('optimizer') })
    parts.method?.restore?.(parameters, { method: parts.method.name, ...within('method') }, parts.mlp)
    parts.gathered?.restore(parameters, within('gathered'))
    const random = Random.restore([...((state.arrays.random as Float64Array) ?? [])] as unknown as RandomState)
    this.#parts = parts
    this.#random = random
    this.#bytes = null
    this.#stepped = false
  }

  #fresh(classes: number): Parts {
    const { hidden, seed } = this.#settings
    return this.#partsOf(new Mlp([this.#inputs, ...hidden, classes], { seed }))
  }

  /** of the same numbers, with so many classes */
  #copy(classes: number): Parts {
    const { mlp, adam, method, gathered } = this.#parts
    const parts = this.#partsOf(mlp.grown(classes))
    const [old, now] = [mlp.parameters(), parts.mlp.parameters()]
    parts.adam.restore(now, adam.state(old))
    if (method?.state) parts.method?.restore?.(now, method.state(old))
    if (gathered) parts.gathered?.restore(now, gathered.state())
    return parts
  }

  #partsOf(mlp: Mlp): Parts {
    const adam = new Adam({ learningRate: this.#settings.learningRate })
    const method = methodOf(this.#settings)
    const gathered = method instanceof Ewc ? new RunningFisher(mlp.parameters()) : null
    return { mlp, adam, method, gathered, learner: new Learner(mlp, { optimizer: adam, method }) }
  }
}

const MAKERS: Readonly<
  Record<NetworkMethod, (options: { lambda?: number }, settings: NetworkSettings) => Method | null>
> = {
  none: () => null,
  ewc: (options) => new Ewc({ ...options, mode: 'online' }),
  si: (options) => new Si(options),
  mas: (options) => new Mas(options),
  kfac: (options) => new Kfac(options),
  lwf: (options) => new Lwf(options),
  replay: (_, { samples, seed }) => new Replay({ samples, seed, selection: 'reservoir' }),
}

const methodOf = (settings: NetworkSettings): Method | null =>
  MAKERS[settings.method](settings.lambda === null ? {} : { lambda: settings.lambda }, settings)

/** @throws PalimpsestError `NON_FINITE` */
function checkFinite({ mlp, adam, gathered }: Parts): void {
  const parameters = mlp.parameters()
  const arrays = [adam.state(parameters).arrays, gathered?.state().arrays ?? {}].flatMap(Object.values)
  const finite = (array: Float32Array | Float64Array): boolean => array.every(Number.isFinite)
  if (![...parameters.map(({ data }) => data), ...arrays].every(finite))
    throw new PalimpsestError('NON_FINITE', 'these rows, or this learning rate, would make the network overflow')
}

const unsupported = (verb: string) =>
  new PalimpsestError('UNSUPPORTED', `${verb}: a network cannot take back what it has learnt; the analytic model can`)

const unprefixed = <T>(fields: Readonly<Record<string, T>>, part: string): Record<string, T> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(`${part}/`) ? [[name.slice(part.length + 1), value]] : [],
    ),
  )
