import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { allFinite } from '../continual/finite.ts'
import type { Front } from '../persistence/front.ts'
import { encodeSafetensors, type Stored, type StoredTensor } from '../persistence/safetensors.ts'
import { Engine } from './engine.ts'
import type { ModelState } from './model.ts'
import { ANSWERING, answeringOf, tensorsOf } from './published.ts'
import { countersOf } from './scoreboard.ts'
import { type Settings, settingsOf, text } from './settings.ts'
import { checkSizes } from './sizes.ts'
import type { Published } from './slots.ts'

const KIND = 'palimpsest/classifier'
const VERSION = 1

type Arrays = Readonly<Record<string, Float64Array>>

/** What answers, before what it is made of is read. */
export interface Opening {
  readonly settings: Settings
  readonly published: Published
  /** that the model will take, as `Engine.bytes` */
  readonly bytes: number
}

/** All that an engine remembers, as a file holds it. The arrays are copies. */
export function storedOf(engine: Engine): Stored {
  const { names, ids, model, temperature, threshold, scoreboard, drift } = engine.parts
  const { numbers, arrays } = model.state()
  const groups = {
    model: arrays,
    temperature: temperature.arrays(),
    threshold: threshold.arrays(),
    scoreboard: scoreboard.arrays(),
    drift: drift.arrays(),
  }
  const tensors: Record<string, StoredTensor> = {}
  for (const [group, held] of Object.entries(groups))
    for (const [name, data] of Object.entries(held)) tensors[`${group}/${name}`] = { shape: [data.length], data }
  Object.assign(tensors, tensorsOf(engine))
  const labels = names.labels.map((label) => [names.numberOf(label), label])
  const metadata = {
    kind: KIND,
    version: String(VERSION),
    settings: JSON.stringify(engine.settings),
    sequence: String(engine.sequence),
    labels: JSON.stringify(labels),
    ids: JSON.stringify([...ids]),
    numbers: JSON.stringify(numbers),
  }
  return { tensors, metadata }
}

/** Its file, in parts; what answers is in front. */
export const encoded = (engine: Engine): Uint8Array[] => encodeSafetensors(storedOf(engine), { front: ANSWERING })

/**
 * The engine that a file holds.
 * @param encoder - what makes the rows from now on; undefined: not checked
 * @throws PalimpsestError `STATE_MALFORMED`, `STATE_MISMATCH` for a file of something else, `STATE_VERSION`,
 * `ENCODER_MISMATCH`
 */
export function engineOf(stored: Stored, encoder?: string): Engine {
  const { engine, labels } = namedOf(stored, encoder, (name) => stored.tensors[name]?.data.length ?? 0)
  const { settings, parts } = engine
  const { names, ids, model, temperature, threshold, scoreboard, drift } = parts
  for (const id of parsed('ids', stored, textsOf)) ids.add(id)
  wrapped(() => model.restore(modelState(stored), names.span))
  for (const [number] of labels) if (!model.has(number)) throw malformed(`class ${number} has no sample`)
  const group = (name: string, lengths: Readonly<Record<string, number>>): Arrays => arraysOf(stored, name, lengths)
  temperature.restore(group('temperature', { losses: 25, rows: 1 }) as Parameters<typeof temperature.restore>[0])
  threshold.restore(group('threshold', { counts: 1024, rows: 1 }) as Parameters<typeof threshold.restore>[0])
  const I = settings.inputs
  drift.restore(group('drift', { sum: I, squares: I, recent: I, rows: 2 }) as Parameters<typeof drift.restore>[0])
  const counted = stored.tensors['scoreboard/labels']?.data.length ?? 0
  scoreboard.restore(
    group('scoreboard', { labels: counted, counters: countersOf(counted), others: 3 }) as Parameters<
      typeof scoreboard.restore
    >[0],
  )
  const answering = wrapped(() => answeringOf(stored, engine), 'what answers')
  if (answering) engine.resume(answering)
  return engine
}

/**
 * What a file answers at once, by its front. Null where that has to be solved for: more was learnt since it was published.
 * @throws PalimpsestError as {@link engineOf}
 */
export function openingOf({ stored, rest }: Front, encoder?: string): Opening | null {
  const sizes = new Map(rest.map(({ name, shape }) => [name, shape.reduce((product, axis) => product * axis, 1)]))
  const { engine } = namedOf(stored, encoder, (name) => sizes.get(name) ?? 0)
  const published = wrapped(() => answeringOf(stored, engine), 'what answers')?.published
  if (published?.sequence !== engine.sequence) return null
  const bytes = rest.reduce((sum, { name, begin, end }) => sum + (name.startsWith('model/') ? end - begin : 0), 0)
  return { settings: engine.settings, published, bytes }
}

/** an engine that knows its names, and nothing else yet */
function namedOf(stored: Stored, encoder: string | undefined, lengthOf: (name: string) => number) {
  const { kind = 'nothing of palimpsest', version = '' } = stored.metadata
  if (kind !== KIND) throw new PalimpsestError('STATE_MISMATCH', `the file holds ${kind}, expected ${KIND}`)
  if (Number(version) !== VERSION)
    throw new PalimpsestError(
      'STATE_VERSION',
      `the file has version ${version} of ${KIND}, this release reads ${VERSION}`,
    )
  const settings = parsed('settings', stored, settingsOf)
  if (encoder !== undefined && encoder !== settings.encoder)
    throw new PalimpsestError(
      'ENCODER_MISMATCH',
      `what is saved was learnt from rows of the encoder '${settings.encoder}', not '${encoder}': they do not mean the same`,
    )
  const sequence = parsed('sequence', stored, (value) => wholeOf('sequence', value))
  checkSizes(settings, lengthOf)
  const engine = new Engine(settings, sequence)
  const labels = parsed('labels', stored, labelsOf)
  engine.parts.names.keep(
    labels.map(([, label]) => label),
    labels.map(([number]) => number),
  )
  return { engine, labels }
}

function modelState({ tensors, metadata }: Stored): ModelState {
  const numbers = parsed('numbers', { tensors, metadata }, (value) => {
    if (typeof value !== 'object' || value === null || !Object.values(value).every(Number.isFinite))
      throw malformed('numbers are not finite numbers by name')
    return value as Record<string, number>
  })
  const arrays: Record<string, Float32Array | Float64Array | Uint8Array> = {}
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!name.startsWith('model/')) continue
    if (!(data instanceof Float32Array || data instanceof Float64Array || data instanceof Uint8Array))
      throw malformed(`${name} is neither float32, float64 nor uint8`)
    if (data instanceof Float32Array && data.length > 0 && !native.allFinite(data))
      throw malformed(`${name} holds NaN or infinity`)
    arrays[name.slice(6)] = data
  }
  return { numbers, arrays }
}

function arraysOf({ tensors }: Stored, group: string, lengths: Readonly<Record<string, number>>): Arrays {
  return Object.fromEntries(
    Object.entries(lengths).map(([name, length]) => {
      const data = tensors[`${group}/${name}`]?.data
      if (!(data instanceof Float64Array) || data.length !== length || !allFinite(data))
        throw malformed(`${group}/${name} is not ${length} finite float64 numbers`)
      return [name, data]
    }),
  )
}

function parsed<T>(name: string, { metadata }: Stored, read: (value: never) => T): T {
  return wrapped(() => read(JSON.parse(metadata[name] ?? 'missing') as never), name)
}

/** what anything that a file says wrongly leads to */
function wrapped<T>(read: () => T, name = 'the model'): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof PalimpsestError && (error.code.startsWith('STATE_') || error.code === 'PRIVACY')) throw error
    throw malformed(`${name}: ${error instanceof Error ? error.message : error}`, error)
  }
}

function labelsOf(value: unknown): [number, string][] {
  if (!Array.isArray(value)) throw malformed('labels are no list')
  const pairs = value.map((pair): [number, string] => {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed('a label is no pair')
    return [wholeOf('the number of a label', pair[0]), text('a label', pair[1])]
  })
  for (const side of [0, 1])
    if (new Set(pairs.map((pair) => pair[side])).size !== pairs.length) throw malformed('a label is there twice')
  return pairs
}

function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw malformed('ids are no list')
  return value.map((id) => text('an id', id))
}

function wholeOf(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw malformed(`${name} is ${value}, expected a whole number`)
}

const malformed = (message: string, cause?: unknown) => new PalimpsestError('STATE_MALFORMED', message, { cause })
