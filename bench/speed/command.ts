import { availableParallelism, loadavg } from 'node:os'
import { basename, join } from 'node:path'
import { native } from '../../bindings/native.ts'
import type { LabelledSet } from '../../src/data/index.ts'
import { choices, parse, UsageError, wholeNumber } from '../options.ts'
import { PEERS_HELP } from '../peers/index.ts'
import { projectFile } from '../project.ts'
import { report, stamp, writeJson, writeText } from '../report.ts'
import { busy } from './busy.ts'
import { fishers } from './fisher.ts'
import { inference } from './inference.ts'
import { BEST } from './inside.ts'
import { kernels } from './kernels.ts'
import { memory } from './memory.ts'
import { type Compared, comparePeers, outcomeLines } from './peers.ts'
import { type Found, figuresOf, printed } from './print.ts'
import { since } from './progress.ts'
import { foundIn, measure, timedIn } from './run.ts'
import { failuresIn, foundOf, outcomesIn, outlinesOf, type SpeedReport, savedReport } from './saved.ts'
import { scaling } from './scaling.ts'
import { chosen, type Section } from './section.ts'
import { bothCached, timedSet } from './sets.ts'
import { type Source, sourceOf, WAYS } from './source.ts'
import { steps } from './step.ts'
import { threading } from './threads.ts'

export const SPEED_HELP: string = `palimpsest speed: kernels, steps, Fisher, inference and threads against the limits measured in the same run

  --rounds N        samples of each, taken in turns; medians count (default 101, some minutes)
  --only PREFIX     only figures whose names begin so, such as step or gemm/100x100; several with commas
  --kernels WAY     native | node: products called from a C++ program, which is built when needed, or from Node
                    (default native, and node where it cannot be built)
${PEERS_HELP}
  --from FILE       print and draw a report of --json again, without measuring anything
  --json FILE       write options, figures and samples
  --out DIR         write speed.json and index.html, a report with plots
  --document DIR    write what docs/speed.md and README quote into a checkout of the project, with the figures
  --help`

const OPTIONS = {
  rounds: { type: 'string', default: '101' },
  only: { type: 'string' },
  kernels: { type: 'string', default: 'native' },
  peers: { type: 'boolean', default: false },
  python: { type: 'string', default: 'python3' },
  packages: { type: 'string' },
  from: { type: 'string' },
  json: { type: 'string' },
  document: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function speed(args: readonly string[]): Promise<void> {
  const { help, from, json, out, document, ...given } = parse(args, OPTIONS)
  if (help) return console.log(SPEED_HELP)
  const result = from === undefined ? await measured(given) : savedReport(from)
  const found = foundOf(result)
  const { machine, options, source } = result
  console.log(
    `${machine.cpu}, load average ${machine.loadAverage.toFixed(2)} before, ${machine.loadAverageAfter?.toFixed(2)} after`,
  )
  console.log(`${options.rounds} rounds. ${source} Bars are shares of a limit or a target.`)
  for (const line of outcomeLines(outcomesIn(result))) console.log(line)
  for (const { name, why } of failuresIn(result)) console.log(`  failed while it was timed: ${name}: ${why}`)
  console.log(`\n${printed(found)}`)
  if (json !== undefined) writeJson(json, result)
  if (out !== undefined) await draw(out, found, result)
  if (document !== undefined) {
    const { writeDocuments } = await import('./document/index.ts') // slow to load
    writeDocuments(document, result)
  }
}

type Given = Omit<ReturnType<typeof parse<typeof OPTIONS>>, 'help' | 'from' | 'json' | 'out' | 'document'>

async function measured(given: Given): Promise<SpeedReport> {
  const rounds = wholeNumber('rounds', given.rounds)
  const [way = 'native'] = choices('kernels', [given.kernels], WAYS)
  const only = given.only === undefined ? null : given.only.split(',')
  const before = stamp(availableParallelism())
  const set = await timedSet()
  const source = await sourceOf(way)
  let compared: Compared | null = null
  try {
    const own = ownSections(source, set)
    const { python, packages = projectFile('.') } = given
    if (given.peers) compared = await comparePeers({ python, packages, kernels: source.program, set }, own, only)
    const quiet = own.map((section) => ({ ...section, entries: chosen(section.entries, only) }))
    const sections = compared ? [...quiet, compared.section] : quiet
    if (sections.every(({ entries }) => entries.length === 0))
      throw new UsageError(`--only is '${given.only}', and no figure's name begins so`)

    const started = performance.now()
    const { samples, failures } = await measure(sections, rounds)
    console.log(`measured in ${since(started)}`)
    const found = foundIn(sections, samples)
    const machine = { ...before, loadAverageAfter: loadavg()[0] ?? 0 }
    const runs = [...timedIn(samples), ...(compared?.outcomes ?? []), ...failures]
    const options = {
      rounds,
      only,
      kernels: way,
      peers: given.peers,
      python: python && basename(python),
      packages: given.packages !== undefined,
      set: set.name,
    }
    const content = report({ bench: 'speed', machine, options, figures: figuresOf(found), runs })
    return { ...content, source: source.sentence, sections: outlinesOf(found) }
  } finally {
    native.selectTable(BEST)
    await compared?.close()
    await source.close()
  }
}

async function draw(folder: string, found: readonly Found[], result: SpeedReport): Promise<void> {
  const { speedPage } = await import('./page/index.ts') // slow to load
  writeJson(join(folder, 'speed.json'), result)
  writeText(join(folder, 'index.html'), speedPage(found, result))
  console.log(`wrote index.html and speed.json into ${folder}`)
}

/** All that is measured of ours. */
export const ownSections = (source: Source, set: LabelledSet): readonly Section[] => [
  kernels(source),
  steps(source.peaks),
  threading(),
  inference(),
  fishers(set),
  memory(set, bothCached()),
  scaling(source.peaks),
  busy(),
]
