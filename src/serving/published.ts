import type { Stored, StoredTensor } from '../persistence/safetensors.ts'
import type { Engine } from './engine.ts'
import type { Published } from './slots.ts'

/** What answers, and the temperature that its last layer was divided by. */
export interface Resumable {
  readonly published: Published
  readonly fitted: number
}

const HEAD = 'published/head'

/** all tensors that {@link tensorsOf} tells */
export const ANSWERING: readonly string[] = [HEAD, 'published/columns', 'published/weight', 'published/bias']

/**
 * What an engine answers with, as tensors: so that opening a file solves nothing, and what is learnt next is predicted before
 * by the same as if it had not been closed. Layers that nothing changes are left out; there may be none at all.
 */
export function tensorsOf({ answering, parts }: Engine): Record<string, StoredTensor> {
  if (!answering) return {}
  const { layers, labels, threshold, sequence } = answering.published
  const last = layers.at(-1) as (typeof layers)[number]
  const C = labels.length
  // what no file may hold: it is solved for again
  if (![last.weight, last.bias].every((array) => array.every(Number.isFinite))) return {}
  return {
    [HEAD]: { shape: [4], data: Float64Array.of(answering.fitted, threshold, sequence, layers.length) },
    'published/columns': {
      shape: [C],
      data: Float64Array.from(labels, (label) => parts.names.numberOf(label) as number),
    },
    'published/weight': { shape: [C, last.weight.length / C], data: last.weight.slice() },
    'published/bias': { shape: [C], data: last.bias.slice() },
  }
}

/** What `tensorsOf` told; null when it told nothing. @throws Error for what does not belong to this engine */
export function answeringOf({ tensors }: Stored, { parts, settings, sequence }: Engine): Resumable | null {
  if (!(HEAD in tensors)) return null
  const numbers = (name: string, length: number | null, Type: typeof Float64Array | typeof Float32Array) => {
    const data = tensors[name]?.data
    if (!(data instanceof Type) || data.length !== (length ?? data.length) || !data.every(Number.isFinite))
      throw new Error(`${name} is not ${length ?? 'some'} finite numbers of ${Type.name}`)
    return data
  }
  const [fitted = 0, threshold = 0, at = 0, count = 0] = numbers(HEAD, 4, Float64Array)
  const columns = numbers('published/columns', null, Float64Array)
  const C = columns.length
  const labels = Array.from(columns, (column) => parts.names.labelOf(column))
  const hidden = count === 1 ? [] : parts.model.hidden
  const width = hidden.at(-1)?.bias.length ?? settings.inputs
  const sound =
    !parts.model.live &&
    fitted > 0 &&
    Math.abs(threshold - 0.5) <= 0.5 &&
    Number.isSafeInteger(at) &&
    at >= 0 &&
    at <= sequence &&
    count === hidden.length + 1 &&
    C > 0 &&
    labels.every((label) => label !== undefined) &&
    new Set(labels).size === C
  if (!sound) throw new Error(`${HEAD} and published/columns do not belong to this model`)
  const weight = numbers('published/weight', C * width, Float32Array) as Float32Array
  const bias = numbers('published/bias', C, Float32Array) as Float32Array
  // views of a file's bytes, which would all be kept
  const layers = [...hidden, { weight: weight.slice(), bias: bias.slice(), norm: [] }]
  return { published: { layers, labels: labels as string[], threshold, sequence: at }, fitted }
}
