import { PalimpsestError } from '../../bindings/errors.ts'
import { quoted } from '../persistence/dtypes.ts'
import { textOf, under } from '../persistence/fields.ts'
import type { Stored } from '../persistence/safetensors.ts'

/** what may differ: it is part of the state, and restored */
const STATE = new Set(['learningRate'])

/** The public options of a part, as metadata `<prefix>.<option>`; those of a part of it below that. */
export function optionsOf(prefix: string, part: object): Record<string, string> {
  const texts = Object.entries(part).flatMap(([name, value]): [string, string][] => {
    if (STATE.has(name)) return []
    const key = `${prefix}.${name}`
    if (typeof value === 'number') return [[key, textOf(value)]]
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return [[key, String(value)]]
    return typeof value === 'object' && !ArrayBuffer.isView(value) ? Object.entries(optionsOf(key, value)) : []
  })
  return Object.fromEntries(texts)
}

/** @throws PalimpsestError `STATE_MISMATCH` unless a part has the options that were saved */
export function checkOptions(stored: Stored, prefix: string, part: object): void {
  const own = optionsOf(prefix, part)
  const names = [...under(stored.metadata, prefix, '.').map((name) => `${prefix}.${name}`), ...Object.keys(own)]
  for (const name of names)
    if (stored.metadata[name] !== own[name])
      throw mismatch(name, quoted(stored.metadata[name] ?? 'none'), quoted(own[name] ?? 'none'))
}

/** a valid file, of something else */
export const mismatch = (what: string, saved: string, own: string): PalimpsestError =>
  new PalimpsestError('STATE_MISMATCH', `${what} is ${saved} in the file, and ${own} here`)
