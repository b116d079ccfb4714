import { type MethodName, RECIPE, type Recipe } from './recipes.ts'
import type { Job, RunRecord } from './run.ts'

// runs that only the report needs; they come after those that the figures are computed from

export const LAMBDAS: readonly number[] = [0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
const MOST_SEEDS = 3
const LOOKS = 24

export const TRACES = {
  published: 'trace/published',
  recommended: 'trace/recommended',
  noFloor: 'trace/no-floor',
} as const
export const sweepName = (lambda: number): string => `sweep/lambda-${lambda}`

const changed = (ewc: Partial<Recipe['ewc']>): Recipe => {
  const { recommended } = RECIPE
  return { ...recommended, ewc: { ...recommended.ewc, ...ewc } }
}

/** The second task watched, the networks of the recommended recipe looked into; and that recipe at every lambda. */
export function extraJobs(seeds: number, epochs: number): Job[] {
  return Array.from({ length: Math.min(seeds, MOST_SEEDS) }, (_, index) => index + 1).flatMap((seed) => {
    const job = (recipe: string, settings: Recipe, method: MethodName): Job => ({
      recipe,
      settings,
      method,
      seed,
      epochs,
    })
    const methods = ['none', 'ewc'] as const
    return [
      ...methods.map((method) => ({ ...job(TRACES.published, RECIPE.published, method), trace: LOOKS })),
      ...methods.map((method) => ({
        ...job(TRACES.recommended, RECIPE.recommended, method),
        trace: LOOKS,
        anatomy: true,
      })),
      { ...job(TRACES.noFloor, changed({ floor: 0 }), 'ewc'), anatomy: true },
      ...LAMBDAS.map((lambda) => job(sweepName(lambda), changed({ lambda }), 'ewc')),
    ]
  })
}

/** what goes into the JSON: everything but the pictures */
export function withoutPictures({ anatomy, ...record }: RunRecord): RunRecord {
  if (!anatomy) return record
  const { pictures: _, ...kept } = anatomy
  return { ...record, anatomy: kept }
}
