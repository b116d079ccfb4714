import { existsSync } from 'node:fs'
import Table from 'cli-table3'
import { threads } from '../../src/tensor/threads.ts'
import { PLAIN } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { projectFile } from '../project.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { mark, number, targetText } from '../speed/print.ts'
import { progressOf } from '../speed/progress.ts'
import { INSIDE_STEPS, inside } from './inside.ts'
import { LOAD_STEPS, load, PROGRAM } from './load.ts'

export const SERVICE_HELP: string = `palimpsest service: what a service answers, and how late its event loop is, idle and while it learns

  --seconds N       of each measurement (default 5)
  --json FILE       write options, figures and runs
  --document DIR    measure nothing: of the project whose docs/service-results.md and pictures are written anew from bench/results
  --help

Part one has a classifier in this process: the event loop's delay by monitorEventLoopDelay and by a plain timer, of
1 ms each. Part two loads examples/service over loopback with autocannon, which shares the processors with it.`

const OPTIONS = {
  seconds: { type: 'string', default: '5' },
  json: { type: 'string' },
  document: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function service(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(SERVICE_HELP)
  if (given.document !== undefined) {
    const { writeDocuments } = await import('./document/index.ts') // slow to load
    return writeDocuments(given.document)
  }
  const seconds = wholeNumber('seconds', given.seconds)
  const machine = stamp(threads())
  const loaded = existsSync(projectFile(PROGRAM))
  const progress = progressOf('service', INSIDE_STEPS + (loaded ? LOAD_STEPS : 0))
  const step = (name: string) => progress.step(name)
  const figures = [...(await inside(seconds, step)), ...(loaded ? await load(seconds, step) : [])]
  progress.stop()
  console.log(tableOf(figures))
  const missed = figures.filter((figure) => mark(figure).includes('missed'))
  for (const { name } of missed) console.log(`missed: ${name}`)
  if (!loaded) console.log(`There is no ${PROGRAM} here, so nothing was asked over HTTP: that needs a checkout.`)
  if (machine.loadAverage > 0.5)
    console.log(`Others kept ${machine.loadAverage.toFixed(1)} processors busy before: delays are theirs too.`)
  if (given.json !== undefined)
    writeJson(given.json, report({ bench: 'service', machine, options: { seconds }, figures, runs: figures }))
}

function tableOf(figures: readonly Figure[]): string {
  const head = ['', '', 'unit', 'target', '']
  const table = new Table({ head, colAligns: ['left', 'right', 'left', 'right', 'left'], ...PLAIN })
  for (const figure of figures)
    table.push([figure.name, number(figure.value), figure.unit, targetText(figure), mark(figure)])
  return table.toString()
}
