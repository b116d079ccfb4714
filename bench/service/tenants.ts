import { statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import Table from 'cli-table3'
import { PLAIN } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { mark, number, targetText } from '../speed/print.ts'
import { progressOf } from '../speed/progress.ts'
import { quantile } from '../speed/section.ts'
import { type Seen, type Span, STEPS, visit } from './tenants-run.ts'

const SIZES = [384, 1536]
// of what is free on the disk
const SHARE = 0.75

export const TENANTS_HELP: string = `palimpsest tenants: a store with far more tenants than fit in memory, opened at random, some much more often than others

  --tenants N       how many (default 5000; fewer where their files would fill more than ${SHARE} of the disk's free space)
  --inputs N        numbers a row (default: once ${SIZES.join(', once ')})
  --rounds N        openings, each with a prediction, one in ten with a batch to learn (default 5000)
  --budget MB       of memory for models (default 512)
  --workers N       threads (default 1)
  --seconds N       most that learning first batches may take, and again the openings (default 300)
  --json FILE       write options, figures and runs
  --help

Where there is no time for each tenant to learn its first batch, the others get copies of files of those that did. Files
are in the system's folder for temporary ones, and are removed again, also on interruption.`

const OPTIONS = {
  tenants: { type: 'string', default: '5000' },
  inputs: { type: 'string' },
  rounds: { type: 'string', default: '5000' },
  budget: { type: 'string', default: '512' },
  workers: { type: 'string', default: '1' },
  seconds: { type: 'string', default: '300' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function tenants(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(TENANTS_HELP)
  const sizes = given.inputs === undefined ? SIZES : [wholeNumber('inputs', given.inputs)]
  const options = {
    tenants: wholeNumber('tenants', given.tenants, 10),
    rounds: wholeNumber('rounds', given.rounds, 100),
    budget: wholeNumber('budget', given.budget) * 2 ** 20,
    workers: wholeNumber('workers', given.workers),
    seconds: wholeNumber('seconds', given.seconds),
  }
  const machine = stamp(availableParallelism())
  const all: Seen[] = []
  for (const inputs of sizes) {
    const fitting = fittingOf(inputs)
    if (fitting < options.tenants)
      console.log(`The disk has room for ${fitting} tenants of ${inputs} inputs, not for ${options.tenants}.`)
    const progress = progressOf(`tenants of ${inputs}`, STEPS)
    const seen = await visit({ ...options, inputs, tenants: Math.min(options.tenants, fitting) }, progress.step)
    progress.stop()
    console.log(printed(seen, options.budget))
    all.push(seen)
  }
  if (machine.loadAverage > 0.5)
    console.log(`Others kept ${machine.loadAverage.toFixed(1)} processors busy before: delays are theirs too.`)
  const figures = all.flatMap((seen) => figuresOf(seen, options.budget))
  const runs = all.map(({ spans: _, ...seen }) => seen)
  if (given.json !== undefined) writeJson(given.json, report({ bench: 'tenants', machine, options, figures, runs }))
}

/** how many files fill that share of what is free */
function fittingOf(inputs: number): number {
  const { bavail, bsize } = statfsSync(tmpdir())
  return Math.floor((bavail * bsize * SHARE) / (4 * inputs * (inputs + 1) + 64 * 1024))
}

const SPANS: Readonly<Record<Span, string>> = {
  cold: 'open/cold',
  waited: 'open/waited',
  warm: 'open/warm',
  learn: 'learn',
  first: 'learn/first',
  predict: 'predict',
}

export function figuresOf(seen: Seen, budget: number): Figure[] {
  const { inputs, spans, opened, seconds } = seen
  const name = `tenants/${inputs}`
  const common = { n: opened, std: 0, better: 'lower' } as const
  const times = (Object.keys(SPANS) as Span[]).flatMap((span) =>
    [0.5, 0.99].flatMap((q): Figure[] => {
      const values = spans[span]
      const value = values.length > 0 ? quantile(values, q) : 0
      const target = span === 'cold' && (q === 0.5 || inputs === 384) ? { target: 5 } : {}
      const figure = { name: `${name}/${SPANS[span]}/p${100 * q}`, value, unit: 'ms', ...target }
      return values.length > 0 ? [{ ...common, n: values.length, ...figure }] : []
    }),
  )
  return [
    ...times,
    { ...common, name: `${name}/open/waited/share`, value: spans.waited.length / spans.cold.length, unit: 'of cold' },
    { ...common, name: `${name}/openings`, value: opened / seconds, unit: '1/s', better: 'higher' },
    { ...common, name: `${name}/evictions`, value: seen.evictions, unit: '' },
    { ...common, name: `${name}/resident-bytes`, value: seen.mostBytes, unit: 'bytes', target: budget },
    { ...common, name: `${name}/peak-rss`, value: seen.mostRss, unit: 'bytes' },
    { ...common, name: `${name}/disk-bytes`, value: seen.diskBytes, unit: 'bytes' },
  ]
}

function printed(seen: Seen, budget: number): string {
  const { inputs, tenants, learnt, opened, spans } = seen
  const copied = learnt < tenants ? `, of which ${tenants - learnt} are copies of the others` : ''
  const head = ['', '', 'unit', 'target', '']
  const table = new Table({ head, colAligns: ['left', 'right', 'left', 'right', 'left'], ...PLAIN })
  for (const figure of figuresOf(seen, budget))
    table.push([figure.name, number(figure.value), figure.unit, targetText(figure), mark(figure)])
  return [
    `${tenants} tenants of ${inputs} inputs${copied}; ${opened} openings, ${spans.cold.length} of them cold.`,
    table.toString(),
    'Openings by milliseconds, each sign a share of 2 %, cold \u2588, cold and waiting for a save \u2593, warm \u2591:',
    ...picture(spans),
  ].join('\n')
}

const EDGES = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, Number.POSITIVE_INFINITY]

/** a line for each range of delays */
function picture({ cold, waited, warm }: Seen['spans']): string[] {
  const total = cold.length + warm.length
  const last = EDGES.findIndex((edge) => [...cold, ...warm].every((value) => value < edge))
  return EDGES.slice(0, last + 1).map((edge, index) => {
    const least = EDGES[index - 1] ?? 0
    const share = (values: readonly number[]) => values.filter((value) => value >= least && value < edge).length / total
    const counts = [share(cold) - share(waited), share(waited), share(warm)].map((value) => Math.round(50 * value))
    const bar = ['\u2588', '\u2593', '\u2591'].map((sign, index) => sign.repeat(counts[index] as number)).join('')
    return `  ${(edge === Infinity ? `from ${least}` : `below ${edge}`).padEnd(10)} ${bar}`
  })
}
