import { rowsOf } from '../article/figures.ts'
import { runWatched } from '../article/progress.ts'
import { RECIPE, type Recipe } from '../article/recipes.ts'
import type { Job } from '../article/run.ts'
import { loadSets } from '../article/sets.ts'
import { spread } from '../article/tables.ts'
import { duration, summarize } from '../format.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { CHOSEN, RUNGS } from './rungs.ts'

/** Whose lambda is sought, over which values. */
export interface Search {
  readonly name: keyof typeof CHOSEN
  readonly what: string
  readonly recipe: Recipe
  readonly lambdas: readonly number[]
}

const { recommended } = RECIPE
const recipeOf = (rung: string): Recipe => (RUNGS.find(({ name }) => name === rung) ?? { recipe: recommended }).recipe

export const SEARCHES: readonly Search[] = [
  {
    name: 'article',
    what: "the article's estimator, as of its rung",
    recipe: recipeOf('article-lambda'),
    lambdas: [300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5],
  },
  {
    name: 'exact',
    what: 'the exact Fisher, as of its rung',
    recipe: recipeOf('exact-fisher'),
    lambdas: [30, 100, 300, 1e3, 3e3, 1e4],
  },
  {
    name: 'ones',
    what: 'F = 1, recommended recipe',
    recipe: { ...recommended, control: 'ones' },
    lambdas: [0.003, 0.01, 0.03, 0.1, 0.3],
  },
  {
    name: 'shuffled',
    what: 'the Fisher shuffled, recommended recipe',
    recipe: { ...recommended, control: 'shuffled' },
    lambdas: [30, 100, 300, 1e3, 3e3, 1e4],
  },
]

const FIRST_SEED = 101
const SEEDS = 5

/** Redoes the choice of every lambda that the ladder chose itself; test images are not looked at. */
export async function tune({
  threads,
  json,
}: {
  readonly threads: number
  readonly json: string | undefined
}): Promise<void> {
  const machine = stamp(threads)
  const jobs: Job[] = SEARCHES.flatMap(({ name, recipe, lambdas }) =>
    lambdas.flatMap((lambda) =>
      Array.from({ length: SEEDS }, (_, index) => ({
        recipe: `${name} ${lambda}`,
        settings: { ...recipe, ewc: { ...recipe.ewc, lambda } },
        method: 'ewc',
        seed: FIRST_SEED + index,
        epochs: 4,
      })),
    ),
  )
  const sets = await loadSets('held-out')
  const started = performance.now()
  const records = await runWatched(jobs, sets, threads)
  const rows = rowsOf(records)
  const figures: Figure[] = []
  console.log(`average accuracy on 10,000 held-out training images of each set, after both tasks, ${SEEDS} seeds`)
  for (const { name, what, lambdas } of SEARCHES) {
    const found = lambdas.map((lambda) => {
      const values = rows.find(({ recipe }) => recipe === `${name} ${lambda}`)?.values.average ?? []
      const { n, mean: value, std } = summarize(values)
      const params = { lambda, of: what }
      figures.push({ name: `ladder-tune/${name}`, value, unit: 'accuracy', n, std, better: 'higher', params })
      return { lambda, value, text: `  lambda ${String(lambda).padEnd(7)} ${spread(values)}` }
    })
    const best = found.reduce((a, b) => (b.value > a.value ? b : a))
    console.log(`${what}: best ${best.lambda}, the ladder has ${CHOSEN[name]}`)
    console.log(found.map(({ text }) => text).join('\n'))
  }
  console.log(`${jobs.length} runs in ${duration((performance.now() - started) / 1000)} on ${threads} threads`)
  const options = { threads, seeds: SEEDS, firstSeed: FIRST_SEED, searches: SEARCHES }
  if (json !== undefined) writeJson(json, report({ bench: 'ladder-tune', machine, options, figures, runs: records }))
}
