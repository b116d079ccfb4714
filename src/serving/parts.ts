import { AnalyticModel } from './analytic-model.ts'
import { Drift } from './drift.ts'
import type { ServedModel } from './model.ts'
import { Names } from './names.ts'
import { NetworkModel } from './network-model.ts'
import { Scoreboard } from './scoreboard.ts'
import type { Settings } from './settings.ts'
import { Temperature } from './temperature.ts'
import { Threshold } from './threshold.ts'

/** the parts of an engine, for saving */
export interface Parts {
  readonly names: Names
  readonly ids: Set<string>
  readonly model: ServedModel
  readonly temperature: Temperature
  readonly threshold: Threshold
  readonly scoreboard: Scoreboard
  readonly drift: Drift
}

/** Parts that know nothing yet. */
export function partsOf(settings: Settings): Parts {
  const { model } = settings
  return {
    names: new Names(),
    ids: new Set(),
    model: model.kind === 'analytic' ? new AnalyticModel(settings) : new NetworkModel(settings),
    // least-squares scores lie within [0, 1]: as logits they are timid
    temperature: new Temperature(model.kind === 'analytic' && model.head === 'ridge' ? 0.125 : 1),
    threshold: new Threshold(settings.rejectionRate),
    scoreboard: new Scoreboard(),
    drift: new Drift(settings.inputs),
  }
}
