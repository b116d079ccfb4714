import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Mlp } from '../nn/mlp.ts'
import type { Parameter } from '../tensor/parameter.ts'
import { quoted } from './dtypes.ts'
import { type ReadOptions, readStored } from './file.ts'
import type { Stored, StoredTensor } from './safetensors.ts'

/** the entries of one module of the other program, by their last names */
interface Entries {
  readonly name: string
  readonly fields: ReadonlyMap<string, StoredTensor>
}

/** where a module's entries belong */
interface Place {
  readonly called: string
  /** by which modules are told apart */
  readonly shape: string
  readonly targets: ReadonlyMap<string, Float32Array>
}

const LINEAR = ['weight', 'bias']
const NORM = [...LINEAR, 'running_mean', 'running_var', 'num_batches_tracked']
// counts batches, which a momentum of 0.1 does not ask for
const UNUSED = 'num_batches_tracked'

/**
 * Takes the weights of a PyTorch network of the same layers, saved by `safetensors.torch.save_file(model.state_dict(), path)`:
 * nn.Linear as [O, I] weights and biases, nn.BatchNorm1d with its running statistics. Modules may have any names: they are
 * matched by their shapes, and those of one shape by the numbers in their names (`fc1` before `fc2`, `layers.2` before
 * `layers.10`). float16, bfloat16 and float64 are converted.
 *
 * A state dict says nothing of activations: here BatchNorm follows the ReLU, and epsilon is 1e-5. In an nn.Sequential whose
 * numbers show a norm right after its linear layer that is refused.
 * @param model - changed wholly or not at all. @param source - a path, or what a file holds.
 * @throws PalimpsestError `STATE_MISMATCH` naming what does not fit, or fits two places; `NON_FINITE`; what `readStored` throws
 */
export async function loadStateDict(model: Mlp, source: string | Stored, options: ReadOptions = {}): Promise<void> {
  if (!(model instanceof Mlp)) throw new PalimpsestError('INVALID_ARGUMENT', 'loadStateDict: the model is no Mlp')
  const { tensors } = typeof source === 'string' ? await readStored(source, options) : source
  const modules = modulesIn(tensors)
  const [linears, norms] = [placesOfLinears(model), placesOfNorms(model)]
  const isNorm = ({ fields }: Entries) => fields.get('weight')?.shape.length === 1
  const matched = [
    ...match(
      modules.filter((module) => !isNorm(module)),
      linears,
      LINEAR,
    ),
    ...match(modules.filter(isNorm), norms, NORM),
  ]
  checkOrder(matched)
  const values = matched.flatMap(([{ name, fields }, { targets }]) =>
    [...targets].map(
      ([field, target]) => [target, floatsOf(`${name}${field}`, fields.get(field) as StoredTensor)] as const,
    ),
  )
  for (const [target, numbers] of values) target.set(numbers)
}

function modulesIn(tensors: Stored['tensors']): Entries[] {
  const modules = new Map<string, Map<string, StoredTensor>>()
  for (const [name, tensor] of Object.entries(tensors)) {
    const at = name.lastIndexOf('.') + 1
    const fields = modules.get(name.slice(0, at)) ?? new Map<string, StoredTensor>()
    modules.set(name.slice(0, at), fields.set(name.slice(at), tensor))
  }
  return [...modules].map(([name, fields]) => ({ name, fields }))
}

/** weights and biases, layer by layer: they are the parameters with two axes, each before its bias */
function placesOfLinears(model: Mlp): Place[] {
  const parameters = model.parameters()
  return parameters.flatMap((weight, index) => {
    if (weight.shape.length !== 2) return []
    const bias = parameters[index + 1] as Parameter
    return [
      {
        called: weight.name,
        shape: weight.shape.join(),
        targets: new Map([
          ['weight', weight.data],
          ['bias', bias.data],
        ]),
      },
    ]
  })
}

const placesOfNorms = (model: Mlp): Place[] =>
  model.norms.map(({ gamma, beta, runningMean, runningVariance }) => ({
    called: gamma.name,
    shape: gamma.shape.join(),
    targets: new Map([
      ['weight', gamma.data],
      ['bias', beta.data],
      ['running_mean', runningMean],
      ['running_var', runningVariance],
    ]),
  }))

/** each module with its place */
function match(modules: readonly Entries[], places: readonly Place[], known: readonly string[]): [Entries, Place][] {
  for (const module of modules) checkFields(module, known)
  const shapeOf = ({ fields }: Entries) => fields.get('weight')?.shape.join() ?? ''
  for (const module of modules)
    if (!places.some(({ shape }) => shape === shapeOf(module)))
      throw mismatch(
        `${quoted(`${module.name}weight`)} has the shape [${shapeOf(module)}], which no layer of the model has`,
      )
  return [...new Set(places.map(({ shape }) => shape))].flatMap((shape) => {
    const wanted = places.filter((place) => place.shape === shape)
    const found = modules.filter((module) => shapeOf(module) === shape).sort(byNumbers)
    const names = found.map(({ name }) => quoted(name)).join(', ')
    if (found.length !== wanted.length)
      throw mismatch(
        `there are ${found.length} modules (${names}) with weights of [${shape}], expected ${wanted.length}: ` +
          wanted.map(({ called }) => called).join(', '),
      )
    if (new Set(found.map(({ name }) => name.replaceAll(/\d+/g, '#'))).size > 1)
      throw mismatch(`${names} have weights of one shape, and no numbers that say which is first`)
    return found.map((module, i): [Entries, Place] => [module, wanted[i] as Place])
  })
}

function checkFields({ name, fields }: Entries, known: readonly string[]): void {
  for (const field of fields.keys())
    if (!known.includes(field))
      throw mismatch(`there is ${quoted(`${name}${field}`)}, and no place for it: expected ${known.join(', ')}`)
  const width = fields.get('weight')?.shape[0]
  for (const field of known) {
    if (field === UNUSED) continue
    const shape = fields.get(field)?.shape
    if (!shape) throw mismatch(`${quoted(`${name}${field}`)} is missing`)
    if (field !== 'weight' && shape.join() !== String(width))
      throw mismatch(`${quoted(`${name}${field}`)} has the shape [${shape}], expected [${width}]`)
  }
}

/** by the numbers in their names, the first that differs deciding */
function byNumbers(a: Entries, b: Entries): number {
  const [ours, theirs] = [a, b].map(({ name }) => (name.match(/\d+/g) ?? []).map(Number)) as [number[], number[]]
  const at = ours.findIndex((value, i) => value !== theirs[i])
  return at < 0 ? 0 : (ours[at] as number) - (theirs[at] ?? Number.NaN)
}

/** in an nn.Sequential a module's number is its place: a norm right after a linear layer is before the activation */
function checkOrder(matched: readonly (readonly [Entries, Place])[]): void {
  const places = new Map(matched.map(([{ name }, { called }]) => [name, called]))
  for (const [name, called] of places) {
    const [, before, number] = /^(.*?)(\d+)\.$/.exec(name) ?? []
    const next = `${before}${Number(number) + 1}.`
    if (number !== undefined && called.startsWith('layers.') && places.get(next)?.startsWith('norms.'))
      throw mismatch(`${quoted(next)} follows ${quoted(name)}: it normalises before the activation, an Mlp after it`)
  }
}

function floatsOf(name: string, { data }: StoredTensor): Float32Array {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw mismatch(`${quoted(name)} holds whole numbers, expected floating point`)
  const floats = Float32Array.from(data)
  if (!native.allFinite(floats))
    throw new PalimpsestError('NON_FINITE', `${quoted(name)} holds NaN, infinity, or what float32 cannot hold`)
  if (name.endsWith('running_var') && floats.some((value) => value < 0))
    throw mismatch(`${quoted(name)} holds a number below 0, expected variances`)
  return floats
}

const mismatch = (message: string) => new PalimpsestError('STATE_MISMATCH', `loadStateDict: ${message}`)
