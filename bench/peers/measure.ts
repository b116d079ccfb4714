import { getPriority, loadavg } from 'node:os'
import { cacheFolder } from '../../src/data/cache.ts'
import { workOf } from '../article/progress.ts'
import { RECIPE } from '../article/recipes.ts'
import type { Sets } from '../article/run.ts'
import { runAll } from '../crew/run.ts'
import { median, summarize } from '../format.ts'
import { type Figure, type Report, report, stamp } from '../report.ts'
import { Missing, runPython, type Variant, versionsOf } from './python.ts'

/** How PyTorch runs the article's program, and how often. */
export interface Setup {
  readonly name: string
  readonly variant: Variant
  /** 0: PyTorch's default */
  readonly threads: number
  readonly pairs: number
  readonly title: string
}

export const SETUPS: readonly Setup[] = [
  { name: 'article-dataloader', variant: 'dataloader', threads: 1, pairs: 2, title: 'with its DataLoader' },
  { name: 'article-memory', variant: 'memory', threads: 1, pairs: 3, title: 'with tensors in memory' },
  {
    name: 'article-memory-default-threads',
    variant: 'memory',
    threads: 0,
    pairs: 3,
    title: 'with tensors in memory and its default number of threads',
  },
]

/** Ours, then theirs, one right after the other. */
export interface Pair {
  readonly setup: string
  readonly seed: number
  /** over the minute before */
  readonly loadAverage: number
  /** seconds of one published ewc run alone, its evaluations included */
  readonly ours: number
  /** seconds of training and registration */
  readonly theirs: number
  /** what PyTorch used */
  readonly threads: number
  /** PyTorch's test accuracies after both tasks */
  readonly mnist: number
  readonly fashion: number
}

export interface PeersReport extends Omit<Report, 'options' | 'runs'> {
  readonly options: {
    readonly python: string
    readonly torch: string
    readonly epochs: number
    readonly images: number
    /** of both programs, as `nice` counts it: below 0 where others on the machine had to wait */
    readonly priority: number
  }
  readonly runs: readonly Pair[]
}

export interface Skipped {
  /** why, and what to do about it */
  readonly skipped: string
}

const SILENT = { started() {}, progressed() {}, finished() {} }

/** Runs both programs in turns, so that whatever slows the machine for a while slows both. */
export async function measurePeers(python: string, sets: Sets, epochs: number): Promise<PeersReport | Skipped> {
  const machine = stamp(1)
  const { count } = sets.mnist.train
  try {
    const versions = versionsOf(python)
    const runs: Pair[] = []
    for (let seed = 1; SETUPS.some(({ pairs }) => seed <= pairs); seed++)
      for (const setup of SETUPS.filter(({ pairs }) => seed <= pairs)) {
        const loadAverage = loadavg()[0] ?? 0
        const job = { recipe: 'published', settings: RECIPE.published, method: 'ewc', seed, epochs } as const
        const [record] = await runAll(workOf([job], sets), 1, SILENT)
        const { variant, threads: asked } = setup
        const options = { data: cacheFolder(), variant, epochs, images: count, threads: asked, seed }
        const { seconds: theirs, threads, mnist, fashion } = runPython(python, options)
        const ours = record?.seconds ?? Number.NaN
        runs.push({ setup: setup.name, seed, loadAverage, ours, theirs, threads, mnist, fashion })
      }
    const options = { python: versions.python, torch: versions.torch, epochs, images: count, priority: getPriority() }
    return { ...report({ bench: 'peers', machine, options, figures: figuresOfPeers(runs), runs }), options, runs }
  } catch (error) {
    if (error instanceof Missing) return { skipped: error.message }
    throw error
  }
}

/** Ratios are taken within a pair, theirs over ours: above 1 when we are faster. */
export function figuresOfPeers(runs: readonly Pair[]): Figure[] {
  const alone = runs.map(({ ours }) => ours)
  const { n, std } = summarize(alone)
  const seconds: Figure = {
    name: 'article/published-run-seconds',
    value: median(alone),
    unit: 's',
    n,
    std,
    better: 'lower',
    params: { alone: true, threads: 1 },
  }
  const ratios = SETUPS.flatMap(({ name }): Figure[] => {
    const pairs = runs.filter(({ setup }) => setup === name)
    const [first] = pairs
    if (!first) return []
    const values = pairs.map(({ ours, theirs }) => theirs / ours)
    const params = { seconds: median(pairs.map(({ theirs }) => theirs)), threads: first.threads, values }
    const { n, std } = summarize(values)
    return [
      { name: `peer/pytorch/${name}/ratio`, value: median(values), unit: 'ratio', n, std, better: 'higher', params },
    ]
  })
  return [seconds, ...ratios]
}
