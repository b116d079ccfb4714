import { PalimpsestError } from '../../bindings/errors.ts'
import { oneOf, whole } from '../continual/checks.ts'
import { within } from '../optim/optimizer.ts'
import type { AnalyticModelOptions, ClassifierOptions, NetworkModelOptions } from './types.ts'

/** Options with nothing left out. */
export interface Settings extends Required<Omit<ClassifierOptions, 'model'>> {
  readonly model:
    | Required<AnalyticModelOptions>
    | (Required<Omit<NetworkModelOptions, 'lambda'>> & { readonly lambda: number | null })
}

const METHODS = ['none', 'ewc', 'si', 'mas', 'kfac', 'lwf', 'replay'] as const
const MOST_INPUTS = 16_384
const MOST_NAME = 256
// of random features, which a file names by their seed alone
const MOST_WEIGHTS = 2 ** 26
// half of a pair of UTF-16 units, which no file can hold
const LONE = /\p{Surrogate}/u

/**
 * The options with their defaults.
 * @throws PalimpsestError `INVALID_ARGUMENT` for what is missing, unknown or outside its range; `PRIVACY`
 */
export function settingsOf(options: ClassifierOptions): Settings {
  knownKeys(options, ['inputs', 'encoder', 'model', 'privacy', 'rejectionRate', 'rememberedIds'])
  const { encoder = '', model = { kind: 'analytic' }, privacy = 'no-samples' } = options
  if (typeof model !== 'object' || model === null) throw invalid('model is no object')
  const settings: Settings = {
    inputs: whole('inputs', options.inputs, 1, MOST_INPUTS),
    encoder: text('encoder', encoder),
    privacy: oneOf('privacy', privacy, ['no-samples', 'samples']),
    rejectionRate: within('rejectionRate', options.rejectionRate ?? 0.01, 0, 1),
    rememberedIds: whole('rememberedIds', options.rememberedIds ?? 1000, 0, 100_000),
    model: model.kind === 'network' ? networkOf(model) : analyticOf(model, options.inputs),
  }
  if (settings.privacy === 'no-samples' && settings.model.kind === 'network' && settings.model.method === 'replay')
    throw new PalimpsestError(
      'PRIVACY',
      "the method 'replay' stores samples, which privacy 'no-samples' forbids: choose another, or privacy 'samples'",
    )
  return settings
}

function analyticOf(model: AnalyticModelOptions, inputs: number): Settings['model'] {
  const { kind, features = 0, head = 'ridge', ridge = 1e-3, seed = 0, removable = true } = model
  knownKeys(model, ['kind', 'features', 'head', 'ridge', 'seed', 'removable'])
  if (typeof removable !== 'boolean') throw invalid(`removable is ${removable}, expected true or false`)
  if (features * inputs > MOST_WEIGHTS)
    throw invalid(`features is ${features} for ${inputs} inputs, expected a product of at most ${MOST_WEIGHTS}`)
  return {
    kind: oneOf('kind', kind, ['analytic']),
    features: whole('features', features, 0, MOST_INPUTS),
    head: oneOf('head', head, ['ridge', 'means']),
    ridge: within('ridge', ridge, Number.MIN_VALUE, Infinity),
    seed: whole('seed', seed, 0, Number.MAX_SAFE_INTEGER),
    removable,
  }
}

function networkOf(model: NetworkModelOptions): Settings['model'] {
  const { kind, hidden = [100], method = 'ewc', lambda, learningRate = 1e-3 } = model
  const { batchSize = 100, epochs = 1, samples = 1000, seed = 0 } = model
  const keys = ['kind', 'hidden', 'method', 'lambda', 'learningRate', 'batchSize', 'epochs', 'samples', 'seed']
  knownKeys(model, keys)
  if (!Array.isArray(hidden)) throw invalid('hidden is no array of sizes')
  return {
    kind,
    hidden: hidden.map((size) => whole('hidden', size, 1, MOST_INPUTS)),
    method: oneOf('method', method, METHODS),
    lambda: lambda === undefined || lambda === null ? null : within('lambda', lambda, 0, Infinity),
    learningRate: within('learningRate', learningRate, 0, Infinity),
    batchSize: whole('batchSize', batchSize, 1, 65_536),
    epochs: whole('epochs', epochs, 1, 1000),
    samples: whole('samples', samples, 1, 2 ** 24),
    seed: whole('seed', seed, 0, Number.MAX_SAFE_INTEGER),
  }
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless value is a text of at most 256 characters */
export function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= MOST_NAME && !LONE.test(value)) return value
  const came = typeof value === 'string' ? `of ${value.length} characters` : typeof value
  throw invalid(`${name} is ${came}, expected a well-formed text of at most ${MOST_NAME} characters`)
}

export const invalid = (message: string): PalimpsestError => new PalimpsestError('INVALID_ARGUMENT', message)

/** @throws PalimpsestError `INVALID_ARGUMENT` for another option, or no object */
export function knownKeys(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalid('options are no object')
  for (const name of Object.keys(options)) if (!known.includes(name)) throw invalid(`there is no option '${name}'`)
}
