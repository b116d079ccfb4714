import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Factors } from './factors.ts'
import type { MethodState } from './method.ts'

/** what is kept of one linear layer */
export interface Layer extends Omit<Factors, 'last'> {
  readonly anchorWeight: Float32Array
  readonly anchorBias: Float32Array
}

/** what is added to the gradients of a layer */
export type Pull = { readonly weight: Float32Array; readonly bias: Float32Array }

const KEPT = ['a', 'aBias', 'g', 'anchorWeight', 'anchorBias'] as const

/** by name, what a state has of a layer, and of the last pull on it */
export const savedOf = (layer: Layer, pull: Pull | undefined): (readonly [string, Float32Array])[] => [
  ...KEPT.map((what) => [what, layer[what]] as const),
  ...(pull
    ? ([
        ['pullWeight', pull.weight],
        ['pullBias', pull.bias],
      ] as const)
    : []),
]

export function aligned(values: Float32Array): Float32Array {
  const copy = alignedFloats(values.length)
  copy.set(values)
  return copy
}

/** One layer of a state, with the last pull on it if asked; units that were added since are free. @throws PalimpsestError `LENGTH`, `NON_FINITE` */
export function restored(
  { arrays }: MethodState,
  weight: Parameter,
  bias: Parameter | undefined,
  pulled: boolean,
): { readonly layer: Layer; readonly pull: Pull | null } | null {
  const read = (what: string) => arrays[`${weight.name}/${what}`]
  const [units = 0, inputs = 0] = weight.shape
  const kept = read('anchorBias')?.length ?? 0
  if (KEPT.every((what) => !read(what))) return null
  /** of this length, and in what was added `rest` */
  const floats = (what: string, length: number, rest: Float32Array) => {
    const values = read(what)
    if (!bias || kept === 0 || kept > units || !(values instanceof Float32Array) || values.length !== length)
      throw new PalimpsestError('LENGTH', `${weight.name}/${what} does not fit ${weight.name}, [${weight.shape}]`)
    if (!native.allFinite(values))
      throw new PalimpsestError('NON_FINITE', `${weight.name}/${what} holds NaN or infinity`)
    const all = aligned(rest)
    all.set(values)
    return all
  }
  const g = floats('g', kept * kept, new Float32Array(kept * kept))
  const wide = alignedFloats(units * units)
  for (let row = 0; row < kept; row++) wide.set(g.subarray(row * kept, (row + 1) * kept), row * units)
  const layer = {
    bias: bias as Parameter,
    a: floats('a', inputs * inputs, new Float32Array(inputs * inputs)),
    aBias: floats('aBias', inputs, new Float32Array(inputs)),
    g: wide,
    anchorWeight: floats('anchorWeight', kept * inputs, weight.data),
    anchorBias: floats('anchorBias', kept, (bias as Parameter).data),
  }
  if (!pulled) return { layer, pull: null }
  const pull = {
    weight: floats('pullWeight', kept * inputs, new Float32Array(units * inputs)),
    bias: floats('pullBias', kept, new Float32Array(units)),
  }
  return { layer, pull }
}
