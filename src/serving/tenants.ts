import { createHash } from 'node:crypto'
import { invalid, text } from './settings.ts'

const MOST_CHARACTERS = 128
const MOST_READABLE = 32

/**
 * The file of a tenant: what can be read of its id, and a digest that tells it from all others; small ASCII letters, digits
 * and hyphens, so that no id leaves the folder and no file system takes two for one.
 * @throws PalimpsestError `INVALID_ARGUMENT` unless it is a well-formed text of 1 to 128 characters
 */
export function fileOf(tenant: string): string {
  const id = text('the id of a tenant', tenant)
  if (id.length === 0 || id.length > MOST_CHARACTERS)
    throw invalid(`the id of a tenant has ${id.length} characters, expected 1 to ${MOST_CHARACTERS}`)
  const readable = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MOST_READABLE)
  return `${readable}-${createHash('sha256').update(id).digest('hex')}.safetensors`
}
