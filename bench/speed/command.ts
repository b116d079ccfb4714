import { join } from 'node:path'
import Table from 'cli-table3'
import { native } from '../../bindings/native.ts'
import { PLAIN } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Report, report, stamp, writeJson } from '../report.ts'
import { type Line, linesOf } from './lines.ts'
import { interleave } from './measure.ts'
import { GEMMS, gemmSubject, peakFlops, peakSubject, STEPS, stepSubject } from './subjects.ts'

export const SPEED_HELP = `palimpsest speed: kernels and a training step, one thread, against the FMA peak measured in the same run

  --rounds N        samples of each, taken in turns; medians count (default 101)
  --json FILE       write options, figures and samples
  --out DIR         write speed.json
  --help`

const OPTIONS = {
  rounds: { type: 'string', default: '101' },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function speed(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(SPEED_HELP)
  const rounds = wholeNumber('rounds', given.rounds)
  const machine = stamp(1)
  const tables = native.tables()
  const before = tables[native.currentTable()] ?? 'portable'
  const samples = interleave(
    [
      ...tables.map(peakSubject),
      ...GEMMS.flatMap((gemm) => tables.map((table) => gemmSubject(gemm, table))),
      ...STEPS.flatMap((step) => tables.map((table) => stepSubject(step, table))),
    ],
    rounds,
  )
  const flops = new Map(tables.map((table) => [table, peakFlops(table)]))
  native.selectTable(before)

  const { peak, lines } = linesOf(tables, flops, samples)
  print(peak, lines, machine)
  const figures = lines.flatMap(({ figure, ratio }) => [figure, ratio])
  const runs = [...samples].map(([name, taken]) => ({ name, samples: taken }))
  const result = report({ bench: 'speed', machine, options: { rounds }, figures, runs })
  if (given.json !== undefined) writeJson(given.json, result)
  if (given.out !== undefined) writeJson(join(given.out, 'speed.json'), result)
}

const BAR = 20

function print(peak: number, lines: readonly Line[], machine: Report['machine']): void {
  console.log(`${machine.cpu}, one thread, load average ${machine.loadAverage.toFixed(2)} before the run`)
  console.log(`FMA peak ${(peak / 1e9).toFixed(1)} GF/s; the bar is the share of it that is reached`)
  const head = ['', 'median', 'ratio', 'target', '']
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'right', 'left'], ...PLAIN })
  for (const { figure, ratio, share } of lines) {
    const filled = Math.round(Math.min(share, 1) * BAR)
    const target =
      ratio.target === undefined ? '' : `${ratio.better === 'higher' ? '\u2265' : '\u2264'} ${ratio.target}`
    table.push([
      figure.name,
      `${figure.value.toFixed(1)} ${figure.unit}`,
      ratio.value.toFixed(3),
      target,
      '\u2588'.repeat(filled) + '\u2591'.repeat(BAR - filled),
    ])
  }
  console.log(table.toString())
}
