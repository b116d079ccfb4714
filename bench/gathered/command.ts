import Table from 'cli-table3'
import { loadFashionMnist, loadMnist } from '../../src/data/load.ts'
import { threads } from '../../src/tensor/threads.ts'
import { PLAIN } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { progressOf } from '../speed/progress.ts'
import { figuresOf, type Run } from './figures.ts'
import { knownOf, MODELS, RATES } from './known.ts'
import { KINDS, squaresOf } from './squares.ts'

export const GATHERED_HELP: string = `palimpsest gathered: what a classifier measures while it learns, against what it should have been

  --seeds N         of the gathered squares (default 3)
  --json FILE       write options, figures and runs
  --help

The squares that it gathers instead of the exact Fisher, and what EWC makes of either: MNIST, then Fashion-MNIST.
The rows that it does not know, of digits that it learnt and of two that it did not, at three rejection rates.`

const OPTIONS = {
  seeds: { type: 'string', default: '3' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function gathered(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(GATHERED_HELP)
  const seeds = wholeNumber('seeds', given.seeds)
  const machine = stamp(threads())
  const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
  const progress = progressOf('gathered', seeds * KINDS.length + Object.keys(MODELS).length * RATES.length)
  const runs: Run[] = []
  for (let seed = 1; seed <= seeds; seed++)
    for (const kind of KINDS) {
      runs.push(...squaresOf(kind, seed, mnist, fashion))
      progress.step(`${kind}, seed ${seed}`)
    }
  for (const name of Object.keys(MODELS))
    for (const rate of RATES) {
      runs.push(...knownOf(name, rate, mnist))
      progress.step(`${name}, rate ${rate}`)
    }
  progress.stop()
  const figures = figuresOf(runs)
  console.log(tableOf(figures))
  if (given.json !== undefined)
    writeJson(given.json, report({ bench: 'gathered', machine, options: { seeds }, figures, runs }))
}

function tableOf(figures: readonly Figure[]): string {
  const head = ['', '', '', 'unit', 'seeds']
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'left', 'right'], ...PLAIN })
  for (const { name, value, std, n, unit } of figures)
    table.push([name, value.toFixed(3), n > 1 ? `\u00b1 ${std.toFixed(3)}` : '', unit, n > 1 ? n : ''])
  return table.toString()
}
