import { PalimpsestError } from '../../bindings/errors.ts'
import { headOf, statisticsOf } from '../continual/head.ts'
import { Heads } from '../nn/heads.ts'
import { Mlp } from '../nn/mlp.ts'
import type { Classifier } from '../nn/module.ts'
import { malformed, quoted } from '../persistence/dtypes.ts'
import { under, wholesIn } from '../persistence/fields.ts'
import type { Stored, StoredTensor } from '../persistence/safetensors.ts'
import { describe, type Shape } from '../tensor/shape.ts'
import { mismatch } from './options.ts'

/** where a model's numbers are, by the names that a file has for them */
function arraysOf(model: Classifier): Map<string, { readonly shape: Shape; readonly data: Float32Array }> {
  const { whole } = headOf(model)
  const arrays = new Map<string, { readonly shape: Shape; readonly data: Float32Array }>()
  for (const { name, shape, data } of whole.parameters()) {
    if (arrays.has(`model/${name}`))
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `two parameters are called ${name}: a file could not tell them apart`,
      )
    arrays.set(`model/${name}`, { shape, data })
  }
  statisticsOf(whole).forEach((data, i) => {
    arrays.set(`model/norms.${i >> 1}.${i % 2 === 0 ? 'running_mean' : 'running_var'}`, { shape: [data.length], data })
  })
  return arrays
}

const normsOf = (model: Classifier) => {
  const { whole } = headOf(model)
  return whole instanceof Mlp ? whole.norms : []
}

/** what a network of the same shapes may differ in */
function optionsOf(model: Classifier): Record<string, string> {
  const { whole } = headOf(model)
  const activation = whole instanceof Mlp ? { 'model.activation': whole.activation } : {}
  return { 'model.inputs': String(whole.inputs), 'model.outputs': String(whole.outputs), ...activation }
}

/** A model's parameters and running statistics, in copies, and which outputs it shows. @throws PalimpsestError `INVALID_ARGUMENT` */
export function modelState(model: Classifier): Stored {
  const tensors: Record<string, StoredTensor> = {}
  for (const [name, { shape, data }] of arraysOf(model)) tensors[name] = { shape, data: data.slice() }
  const { from, to } = headOf(model)
  const frozen = normsOf(model).map((norm) => Number(norm.frozen))
  return { tensors, metadata: { ...optionsOf(model), 'model/shown': `${from},${to}`, 'model/frozen': frozen.join() } }
}

/** @throws PalimpsestError `STATE_MISMATCH` or `STATE_MALFORMED` unless the file holds what this model can take */
export function checkModel(stored: Stored, model: Classifier): void {
  for (const [name, value] of Object.entries(optionsOf(model)))
    if (stored.metadata[name] !== value) throw mismatch(name, quoted(stored.metadata[name] ?? 'none'), quoted(value))
  const arrays = arraysOf(model)
  for (const name of under(stored.tensors, 'model').map((what) => `model/${what}`))
    if (!arrays.has(name)) throw mismatch(name, 'present', 'absent')
  for (const [name, { shape }] of arrays) {
    const saved = stored.tensors[name]
    if (!saved) throw mismatch(name, 'absent', describe(shape))
    if (!(saved.data instanceof Float32Array)) throw malformed(`${quoted(name)} is not of float32`)
    if (saved.shape.join() !== shape.join()) throw mismatch(name, describe(saved.shape), describe(shape))
  }
  const [from, to] = wholesIn(stored, 'model/shown', 2) as [number, number]
  const { whole } = headOf(model)
  if (from < 0 || to <= from || to > whole.outputs) throw malformed(`model/shown is ${from} to ${to}`)
  if (!(model instanceof Heads) && to - from !== whole.outputs)
    throw mismatch('what the model shows', `${from} to ${to} of Heads`, 'all outputs')
  const frozen = wholesIn(stored, 'model/frozen', normsOf(model).length)
  if (!frozen.every((flag) => flag === 0 || flag === 1)) throw malformed(`model/frozen is ${frozen}`)
}

/** Writes what was checked into the model. */
export function setModel(stored: Stored, model: Classifier): void {
  for (const [name, { data }] of arraysOf(model)) data.set((stored.tensors[name] as StoredTensor).data)
  const [from, to] = wholesIn(stored, 'model/shown', 2) as [number, number]
  if (model instanceof Heads) model.use(from, to)
  const frozen = wholesIn(stored, 'model/frozen', normsOf(model).length)
  normsOf(model).forEach((norm, i) => {
    norm.frozen = frozen[i] === 1
  })
}
