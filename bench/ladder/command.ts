import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { runWatched } from '../article/progress.ts'
import type { Job, RunRecord } from '../article/run.ts'
import { loadSets } from '../article/sets.ts'
import { duration } from '../format.ts'
import { parse, UsageError, wholeNumber } from '../options.ts'
import { type Report, report, stamp, writeJson, writeText } from '../report.ts'
import { ALL } from './beside.ts'
import { figuresOf, type Line, linesOf } from './lines.ts'
import { CHOSEN, type Rung } from './rungs.ts'
import { terminalTable } from './tables.ts'
import { tune } from './tune.ts'

export const LADDER_HELP: string = `palimpsest ladder: from the article's recipe to ours, one change at a time, with controls for the Fisher

  --seeds N         seeds 1 to N of every line, paired (default 10; ${10 * ALL.length} runs, some ten minutes)
  --threads N       runs at once; threads left over help with their kernels (default: the number of cores)
  --quick           a tenth of the images, one epoch: shows that all works, says nothing about accuracy
  --from FILE       print and draw a report of --json again, without running anything
  --tune            redo the choice of the lambdas, on held-out training images; takes --threads and --json only
  --json FILE       write options, figures and runs
  --out DIR         write index.html, ladder.json and, for docs, ladder.svg and ladder.md (the tables)
  --help`

const OPTIONS = {
  seeds: { type: 'string', default: '10' },
  threads: { type: 'string', default: String(availableParallelism()) },
  quick: { type: 'boolean', default: false },
  from: { type: 'string' },
  tune: { type: 'boolean', default: false },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function ladder(args: readonly string[]): Promise<void> {
  const { help, quick, from, json, out, ...given } = parse(args, OPTIONS)
  if (help) return console.log(LADDER_HELP)
  const threads = wholeNumber('threads', given.threads)
  if (given.tune) return tune({ threads, json })
  const result = from === undefined ? await climb(wholeNumber('seeds', given.seeds), threads, quick) : read(from)
  const lines = linesOf(result.runs as RunRecord[])
  console.log(
    `MNIST, then Fashion-MNIST: test accuracy after both, mean \u00b1 deviation of ${result.options.seeds} seeds`,
  )
  console.log(terminalTable(lines))
  console.log('Changes are of the average, seed by seed, with 95 % intervals: where they include 0, nothing was shown.')
  if (result.options.quick)
    console.log('Quick: a tenth of the images and one epoch. These accuracies say nothing about the method.')
  if (json !== undefined) writeJson(json, result)
  if (out !== undefined) await draw(out, lines, result)
}

/** what decides the runs of every line */
export const settings = (): Pick<Rung, 'name' | 'method' | 'recipe' | 'comparedWith'>[] =>
  ALL.map(({ name, method, recipe, comparedWith }) => ({ name, method, recipe, comparedWith }))

async function climb(seeds: number, threads: number, quick: boolean): Promise<Report> {
  const epochs = quick ? 1 : 4
  const jobs: Job[] = Array.from({ length: seeds }, (_, index) => index + 1).flatMap((seed) =>
    ALL.map(({ name, recipe, method }) => ({ recipe: name, settings: recipe, method, seed, epochs })),
  )
  const machine = stamp(threads)
  const sets = await loadSets(quick ? 'quick' : 'all')
  const started = performance.now()
  const runs = await runWatched(jobs, sets, threads)
  console.log(`${jobs.length} runs in ${duration((performance.now() - started) / 1000)} on ${threads} threads`)
  const options = { seeds, threads, epochs, quick, chosen: CHOSEN, rungs: settings() }
  return report({ bench: 'ladder', machine, options, figures: figuresOf(linesOf(runs)), runs })
}

function read(file: string): Report {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Report
  if (found.bench === 'ladder') return found
  throw new UsageError(`--from: ${file} is a report of '${found.bench}', expected 'ladder'`)
}

async function draw(folder: string, lines: readonly Line[], result: Report): Promise<void> {
  // slow to load
  const [{ ladderSvg }, { ladderPage }, { markdownTable }] = await Promise.all([
    import('./plot.ts'),
    import('./sections.ts'),
    import('./tables.ts'),
  ])
  writeText(join(folder, 'index.html'), ladderPage(lines, result))
  writeText(join(folder, 'ladder.svg'), ladderSvg(lines))
  writeText(join(folder, 'ladder.md'), `${markdownTable(lines)}\n`)
  writeJson(join(folder, 'ladder.json'), result)
  console.log(`wrote index.html, ladder.json, ladder.svg and ladder.md into ${folder}`)
}
