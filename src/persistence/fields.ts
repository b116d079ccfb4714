import type { Parameter } from '../tensor/parameter.ts'
import { malformed, quoted, type StoredNumbers } from './dtypes.ts'
import type { Stored, StoredTensor } from './safetensors.ts'

/** What an optimizer or a method remembers, as both tell it. */
export interface Packed {
  readonly name: string
  readonly numbers: Readonly<Record<string, number>>
  readonly arrays: Readonly<Record<string, StoredNumbers>>
}

/** a number as a metadatum: the shortest text that gives back the same bits */
export const textOf = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** The number that a metadatum tells. @throws PalimpsestError `STATE_MALFORMED` unless it is one, as `textOf` writes it */
export function numberIn({ metadata }: Stored, name: string): number {
  const text = metadata[name]
  const value = Number(text)
  if (text !== undefined && textOf(value) === text) return value
  throw malformed(`the metadatum ${quoted(name)} is ${quoted(text ?? 'not there')}, expected a number`)
}

/** Whole numbers, separated by commas. @throws PalimpsestError `STATE_MALFORMED` unless there are so many */
export function wholesIn({ metadata }: Stored, name: string, count: number): number[] {
  const text = metadata[name]
  const values = text === '' ? [] : (text ?? 'not there').split(',').map(Number)
  if (values.length === count && values.every(Number.isSafeInteger) && values.map(textOf).join() === text) return values
  throw malformed(`the metadatum ${quoted(name)} is ${quoted(text ?? 'not there')}, expected ${count} whole numbers`)
}

/** What a state becomes: `<prefix>` its name, `<prefix>/<what>` its numbers in the metadata and its arrays among the tensors. */
export function pack(prefix: string, state: Packed, parameters: readonly Parameter[]): Stored {
  const sizes = new Map(parameters.map(({ name, shape, size }) => [name, { shape, size }]))
  const tensors = Object.entries(state.arrays).map(([what, data]): [string, StoredTensor] => {
    const owner = sizes.get(what.slice(0, what.lastIndexOf('/')))
    return [`${prefix}/${what}`, { shape: owner?.size === data.length ? owner.shape : [data.length], data }]
  })
  const numbers = Object.entries(state.numbers).map(([what, value]) => [`${prefix}/${what}`, textOf(value)])
  return { tensors: Object.fromEntries(tensors), metadata: Object.fromEntries([[prefix, state.name], ...numbers]) }
}

/** What was packed, or null. @throws PalimpsestError `STATE_MALFORMED` */
export function unpack(stored: Stored, prefix: string): Packed | null {
  const name = stored.metadata[prefix]
  if (name === undefined) return null
  const numbers: Record<string, number> = Object.create(null)
  for (const what of under(stored.metadata, prefix)) numbers[what] = numberIn(stored, `${prefix}/${what}`)
  const arrays: Record<string, StoredNumbers> = Object.create(null)
  for (const what of under(stored.tensors, prefix))
    arrays[what] = (stored.tensors[`${prefix}/${what}`] as StoredTensor).data
  return { name, numbers, arrays }
}

/** the names below a prefix, without it */
export const under = (record: object, prefix: string, separator = '/'): string[] =>
  Object.keys(record).flatMap((name) =>
    name.startsWith(prefix + separator) ? [name.slice(prefix.length + separator.length)] : [],
  )
