import type { Scenario } from '../scenario.ts'
import { analytic } from './analytic.ts'
import { classifiers } from './classifiers.ts'
import { models } from './models.ts'
import { predictors } from './predictors.ts'
import { stores } from './stores.ts'
import { tapes } from './tapes.ts'
import { workers } from './workers.ts'

export const SCENARIOS: readonly Scenario[] = [models, tapes, predictors, analytic, workers, classifiers, stores]
