import { availableParallelism } from 'node:os'
import { accuracy, duration, summarize } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { type Row, rowsOf } from './figures.ts'
import { runWatched } from './progress.ts'
import { type Phase, RECIPE, type Recipe } from './recipes.ts'
import type { Job } from './run.ts'
import { loadSets } from './sets.ts'
import { spread } from './tables.ts'

export const SELECT_HELP = `palimpsest run select: the search behind the recommended settings
Learns the first 50,000 training images of each set and judges by the last 10,000; test images are not looked at.

  --seeds N         seeds 101 to 100 + N of every candidate (default 10; 240 runs, some ten minutes)
  --threads N       runs at once; threads left over help with their kernels (default: the number of cores)
  --json FILE       write options, figures and runs
  --help`

const OPTIONS = {
  seeds: { type: 'string', default: '10' },
  threads: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const LAMBDAS = [30, 100, 300]
const FLOORS = [0, 0.3, 1, 3]
const SECOND: readonly Phase[] = [
  { learningRate: 1e-3, schedule: 'constant' },
  { learningRate: 3e-3, schedule: 'linearDecay' },
]
const FIRST_SEED = 101

/** every combination of the lists above, by a name that says it */
function candidates(): Map<string, Recipe> {
  const all = new Map<string, Recipe>()
  for (const lambda of LAMBDAS)
    for (const floor of FLOORS)
      for (const second of SECOND) {
        const name = `lambda ${lambda}, floor ${floor}, second task ${second.learningRate} ${second.schedule}`
        all.set(name, { ...RECIPE.recommended, second, ewc: { lambda, floor, estimator: 'exact' } })
      }
  return all
}

export async function select(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(SELECT_HELP)
  const seeds = wholeNumber('seeds', given.seeds)
  const threads = wholeNumber('threads', given.threads)
  const jobs: Job[] = [...candidates()].flatMap(([recipe, settings]) =>
    Array.from({ length: seeds }, (_, index) => ({
      recipe,
      settings,
      method: 'ewc',
      seed: FIRST_SEED + index,
      epochs: 4,
    })),
  )
  const machine = stamp(threads)
  const sets = await loadSets('held-out')
  const started = performance.now()
  const records = await runWatched(jobs, sets, threads)

  const mean = (row: Row) => summarize(row.values.average).mean
  const rows = rowsOf(records).toSorted((a, b) => mean(b) - mean(a))
  console.log('accuracy on 10,000 held-out training images of each set, after both tasks, best average first')
  console.log('average          MNIST            Fashion-MNIST    settings')
  for (const { recipe, values } of rows)
    console.log(
      [spread(values.average), spread(values.mnist), spread(values.fashion)].map((cell) => cell.padEnd(17)).join('') +
        recipe,
    )
  const [best] = rows
  if (best) console.log(`best: ${best.recipe} (${accuracy(mean(best))})`)
  console.log(`${jobs.length} runs in ${duration((performance.now() - started) / 1000)}`)
  if (given.json === undefined) return
  const figures = rows.map(({ recipe, values }): Figure => {
    const { n, mean: value, std } = summarize(values.average)
    return { name: 'select/held-out/average', value, unit: 'accuracy', n, std, better: 'higher', params: { recipe } }
  })
  writeJson(given.json, report({ bench: 'select', machine, options: { seeds, threads }, figures, runs: records }))
}
