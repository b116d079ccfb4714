import { PalimpsestError } from '../../bindings/errors.ts'
import type { Method, MethodState } from '../continual/method.ts'
import type { Classifier } from '../nn/module.ts'
import type { Optimizer, OptimizerState } from '../optim/optimizer.ts'
import { malformed, quoted } from '../persistence/dtypes.ts'
import { numberIn, type Packed, pack, textOf, unpack, wholesIn } from '../persistence/fields.ts'
import type { Stored } from '../persistence/safetensors.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { Random, type RandomState } from '../tensor/random.ts'
import { checkModel, modelState, setModel } from './model-state.ts'
import { checkOptions, mismatch, optionsOf } from './options.ts'
import type { Progress } from './progress.ts'

/** what a checkpoint says it is */
const KIND = 'learner'
const VERSION = 1

/** All that learning goes on from, besides the model, the optimizer and the method. */
export interface Course {
  readonly shuffling: RandomState
  readonly sampling: RandomState
  readonly penalty: number | null
  readonly progress: Progress | null
}

/** What learns, each with its options. */
export interface Parts {
  readonly model: Classifier
  readonly optimizer: Optimizer
  readonly method: Method | null
}

/** Everything of a learner, in copies. @throws PalimpsestError `UNSUPPORTED` when a part of it has no state, `INVALID_ARGUMENT` */
export function checkpointOf(parts: Parts, { shuffling, sampling, penalty, progress }: Course): Stored {
  const { model, optimizer, method } = parts
  const parameters = model.parameters()
  const states = [
    modelState(model),
    { tensors: {}, metadata: { ...optionsOf('optimizer', optimizer), ...optionsOf('method', method ?? {}) } },
    pack('optimizer', stateOf('optimizer', optimizer, parameters), parameters),
    ...(method ? [pack('method', methodState(method, parameters), parameters)] : []),
  ]
  return {
    tensors: Object.assign({}, ...states.map(({ tensors }) => tensors)),
    metadata: Object.assign(
      { kind: KIND, version: String(VERSION) },
      ...states.map(({ metadata }) => metadata),
      { 'random/shuffle': shuffling.join(), 'random/consolidation': sampling.join() },
      penalty === null ? {} : { penalty: textOf(penalty) },
      progress ? progressTexts(progress) : {},
    ),
  }
}

/**
 * Puts a checkpoint in place of what these parts remember, wholly or not at all.
 * @throws PalimpsestError `STATE_MISMATCH`, `STATE_VERSION`, `STATE_MALFORMED`, `UNSUPPORTED`
 */
export function restoreCheckpoint(stored: Stored, { model, optimizer, method }: Parts): Course {
  checkKind(stored)
  const parameters = model.parameters()
  checkModel(stored, model)
  const saved = { optimizer: unpack(stored, 'optimizer'), method: unpack(stored, 'method') }
  const own = {
    optimizer: stateOf('optimizer', optimizer, parameters),
    method: method && methodState(method, parameters),
  }
  for (const part of ['optimizer', 'method'] as const)
    if (saved[part]?.name !== own[part]?.name)
      throw mismatch(part, quoted(saved[part]?.name ?? 'none'), quoted(own[part]?.name ?? 'none'))
  checkOptions(stored, 'optimizer', optimizer)
  checkOptions(stored, 'method', method ?? {})
  const course = courseOf(stored)
  const before = modelState(model)
  attempt('optimizer', () => optimizer.restore?.(parameters, saved.optimizer as OptimizerState))
  try {
    setModel(stored, model)
    if (method) attempt('method', () => method.restore?.(parameters, unpacked(saved.method as Packed), model))
  } catch (error) {
    setModel(before, model)
    optimizer.restore?.(parameters, own.optimizer as OptimizerState)
    throw error
  }
  return course
}

function checkKind(stored: Stored): void {
  const { kind } = stored.metadata
  if (kind !== KIND) throw mismatch('kind', quoted(kind ?? 'none'), quoted(KIND))
  const version = numberIn(stored, 'version')
  if (version !== VERSION)
    throw new PalimpsestError('STATE_VERSION', `the file has version ${version}, this release reads ${VERSION}`)
}

/** what came out of a file whose checksum is right, and is refused, was made by hand */
function attempt(part: string, restore: () => void): void {
  try {
    restore()
  } catch (cause) {
    throw malformed(`the ${part}'s state cannot be restored: ${(cause as Error).message}`, { cause })
  }
}

function stateOf(part: string, optimizer: Optimizer, parameters: readonly Parameter[]): Packed {
  if (!optimizer.state || !optimizer.restore) throw unsupported(part)
  return optimizer.state(parameters)
}

function methodState(method: Method, parameters: readonly Parameter[]): Packed {
  if (!method.state || !method.restore) throw unsupported(`method ${method.name}`)
  try {
    const { method: name, ...rest } = method.state(parameters)
    return { name, ...rest }
  } catch (cause) {
    throw unsupported(`method ${method.name}`, cause)
  }
}

const unpacked = ({ name, ...rest }: Packed): MethodState => ({ method: name, ...rest }) as MethodState

const unsupported = (part: string, cause?: unknown) =>
  new PalimpsestError('UNSUPPORTED', `the ${part} has no state and restore, without which it cannot be saved`, {
    cause,
  })

function progressTexts({ set, order, ...counts }: Progress): Record<string, string> {
  const numbers = Object.entries(counts).map(([name, value]) => [`fit/${name}`, textOf(value)])
  return { ...Object.fromEntries(numbers), fit: set(), 'random/epoch': order.join() }
}

function courseOf(stored: Stored): Course {
  return {
    shuffling: generatorIn(stored, 'random/shuffle'),
    sampling: generatorIn(stored, 'random/consolidation'),
    penalty: stored.metadata.penalty === undefined ? null : numberIn(stored, 'penalty'),
    progress: progressOf(stored),
  }
}

function progressOf(stored: Stored): Progress | null {
  const identity = stored.metadata.fit
  if (identity === undefined) return null
  const whole = (name: string, least: number) => {
    const value = numberIn(stored, `fit/${name}`)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw malformed(`fit/${name} is ${value}, expected a whole number of at least ${least}`)
  }
  const counts = { step: whole('step', 0), epoch: whole('epoch', 1), done: whole('done', 0), count: whole('count', 0) }
  return {
    set: () => identity,
    batchSize: whole('batchSize', 1),
    steps: whole('steps', 1),
    ...counts,
    sum: numberIn(stored, 'fit/sum'),
    order: generatorIn(stored, 'random/epoch'),
  }
}

function generatorIn(stored: Stored, name: string): RandomState {
  try {
    return Random.restore(wholesIn(stored, name, 4) as unknown as RandomState).state
  } catch (cause) {
    throw malformed(`${name}: ${(cause as Error).message}`, { cause })
  }
}
