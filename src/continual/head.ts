import { Heads } from '../nn/heads.ts'
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
