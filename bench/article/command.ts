import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { duration } from '../format.ts'
import { choices, parse, wholeNumber } from '../options.ts'
import { measurePeers } from '../peers/measure.ts'
import { speedFigures, speedSentences } from '../peers/sentences.ts'
import { type Report, report, stamp, writeJson, writeText } from '../report.ts'
import { extraJobs, withoutPictures } from './extras.ts'
import { figuresOf, rowsOf } from './figures.ts'
import { runWatched } from './progress.ts'
import { METHODS, RECIPE, RECIPES } from './recipes.ts'
import type { Job, RunRecord } from './run.ts'
import { loadSets } from './sets.ts'
import { articleTable, recipeTable, spreadSentence } from './tables.ts'

export const ARTICLE_HELP: string = `palimpsest run article: MNIST, then Fashion-MNIST, with and without EWC, beside the article's numbers

  --seeds N         seeds 1 to N of every recipe and method (default 1)
  --epochs N        epochs a task (default 4)
  --recipe NAME     ${RECIPES.join(' | ')}; repeatable (default: all)
  --method NAME     ${METHODS.join(' | ')}; repeatable (default: all)
  --threads N       runs at once, each in a worker; threads left over help with their kernels (default: the number of cores)
  --quick           a tenth of the images, one epoch: shows that all works, says nothing about accuracy
  --peers           also time the article's program in PyTorch, beside ours (3 minutes)
  --python PATH     the Python that has PyTorch (default python3)
  --json FILE       write options, figures and runs
  --out DIR         write article.json and index.html, a report with pictures; takes more runs
  --help`

const OPTIONS = {
  seeds: { type: 'string', default: '1' },
  epochs: { type: 'string' },
  recipe: { type: 'string', multiple: true },
  method: { type: 'string', multiple: true },
  threads: { type: 'string', default: String(availableParallelism()) },
  quick: { type: 'boolean', default: false },
  peers: { type: 'boolean', default: false },
  python: { type: 'string', default: 'python3' },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function article(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(ARTICLE_HELP)
  const seeds = wholeNumber('seeds', given.seeds)
  const threads = wholeNumber('threads', given.threads)
  const epochs = wholeNumber('epochs', given.epochs ?? (given.quick ? '1' : '4'))
  const recipes = choices('recipe', given.recipe, RECIPES)
  const methods = choices('method', given.method, METHODS)
  const jobs: Job[] = Array.from({ length: seeds }, (_, index) => index + 1).flatMap((seed) =>
    recipes.flatMap((recipe) => methods.map((method) => ({ recipe, settings: RECIPE[recipe], method, seed, epochs }))),
  )

  const machine = stamp(threads)
  const sets = await loadSets(given.quick ? 'quick' : 'all')
  const started = performance.now()
  const records = await runWatched(jobs, sets, threads)
  const seconds = (performance.now() - started) / 1000

  const rows = rowsOf(records).toSorted((a, b) => rank(a) - rank(b))
  const peakRssMb = process.resourceUsage().maxRSS / 1024
  console.log(`MNIST, then Fashion-MNIST: test accuracy on each after training on both (${describe(seeds, epochs)})`)
  console.log(articleTable(rows))
  const sentence = spreadSentence(rows)
  if (sentence !== '') console.log(sentence)
  if (given.quick)
    console.log('Quick: a tenth of the images and one epoch. These accuracies say nothing about the method.')
  console.log(
    `\nEvery recipe. "MNIST at first": before Fashion-MNIST was learnt. "joint" learns both at once: the upper bound.`,
  )
  console.log(recipeTable(rows))
  console.log(`${jobs.length} runs in ${duration(seconds)} on ${threads} threads, ${Math.round(peakRssMb)} MB at most`)
  const peers = given.peers ? await measurePeers(given.python, sets, epochs) : null
  for (const line of speedSentences(rows, peers, epochs === 4 && !given.quick)) console.log(line)

  const options = { seeds, epochs, recipes, methods, threads, quick: given.quick, peers: given.peers, settings: RECIPE }
  const figures = [...figuresOf(rows, seconds, seeds, peakRssMb), ...speedFigures(rows, peers, threads)]
  const write = (file: string, runs: readonly RunRecord[]): Report => {
    const result = report({ bench: 'article', machine, options, figures, runs: runs.map(withoutPictures) })
    writeJson(file, result)
    return result
  }
  if (given.json !== undefined) write(given.json, records)
  if (given.out === undefined) return
  if (peers && !('skipped' in peers)) writeJson(join(given.out, 'peers.json'), peers)
  const more = extraJobs(seeds, epochs)
  console.log(`${more.length} more runs for the report`)
  const extras = await runWatched(more, sets, threads)
  const [json, html] = [join(given.out, 'article.json'), join(given.out, 'index.html')]
  const result = write(json, [...records, ...extras])
  const { reportPage } = await import('./page/index.ts') // slow to load
  writeText(html, reportPage({ result, rows, extras, seeds, epochs, quick: given.quick, peers }))
  console.log(`wrote ${json} and ${html}`)
}

const describe = (seeds: number, epochs: number) =>
  `${seeds === 1 ? 'seed 1' : `mean \u00b1 deviation of ${seeds} seeds`}, ${epochs} + ${epochs} epochs`

const rank = ({ recipe, method }: { readonly recipe: string; readonly method: string }) =>
  (RECIPES as readonly string[]).indexOf(recipe) * METHODS.length + (METHODS as readonly string[]).indexOf(method)
