import { PalimpsestError } from '../../bindings/errors.ts'
import { Heads } from '../nn/heads.ts'
import { Mlp } from '../nn/mlp.ts'
import type { Classifier } from '../nn/module.ts'

/** Outputs `from` to `to` (`to` itself excluded) of a model. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The model with all its outputs, and which of them are shown. */
export const headOf = (model: Classifier): Range & { readonly whole: Classifier } =>
  model instanceof Heads
    ? { whole: model.model, from: model.from, to: model.to }
    : { whole: model, from: 0, to: model.outputs }

export const holds = (outer: Range, inner: Range): boolean => outer.from <= inner.from && inner.to <= outer.to

/** the running statistics of BatchNorm, layer by layer, of a model that is known to have some */
export const statisticsOf = (whole: Classifier): Float32Array[] =>
  whole instanceof Mlp ? whole.norms.flatMap(({ runningMean, runningVariance }) => [runningMean, runningVariance]) : []

/** for a state: from, to, from, to, ... */
export const flatOf = (ranges: readonly Range[]): Float64Array =>
  Float64Array.from(ranges.flatMap(({ from, to }) => [from, to]))

/** @throws PalimpsestError `INVALID_ARGUMENT` unless it is what `flatOf` made */
export function rangesOf(flat: unknown, owner: string): Range[] {
  if (!(flat instanceof Float64Array) || flat.length % 2 !== 0)
    throw new PalimpsestError('INVALID_ARGUMENT', `the state of ${owner} has no heads`)
  const ranges = Array.from({ length: flat.length / 2 }, (_, i) => {
    return { from: flat[2 * i] as number, to: flat[2 * i + 1] as number }
  })
  for (const { from, to } of ranges)
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to <= from)
      throw new PalimpsestError('INVALID_ARGUMENT', `the state of ${owner} has a head from ${from} to ${to}`)
  return ranges
}
