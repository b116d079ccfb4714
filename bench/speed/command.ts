import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { native } from '../../bindings/native.ts'
import { parse, UsageError, wholeNumber } from '../options.ts'
import { report, stamp, writeJson, writeText } from '../report.ts'
import { busy } from './busy.ts'
import { fishers } from './fisher.ts'
import { inference } from './inference.ts'
import { BEST } from './inside.ts'
import { kernels, kernelsInside } from './kernels.ts'
import { interleave, type Sample, samplesOf } from './measure.ts'
import { memory } from './memory.ts'
import { type Found, figuresOf, printed } from './print.ts'
import { progressOf, since } from './progress.ts'
import { scaling } from './scaling.ts'
import { chosen, type Section, subjectsOf } from './section.ts'
import { bothCached, timedSet } from './sets.ts'
import { steps } from './step.ts'
import { threading } from './threads.ts'

export const SPEED_HELP: string = `palimpsest speed: kernels, steps, Fisher, inference and threads against the limits measured in the same run

  --rounds N        samples of each, taken in turns; medians count (default 101, some minutes)
  --only PREFIX     only figures whose names begin so, such as step or gemm/100x100; several with commas
  --json FILE       write options, figures and samples
  --out DIR         write speed.json and index.html, a report with plots
  --help`

const OPTIONS = {
  rounds: { type: 'string', default: '101' },
  only: { type: 'string' },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function speed(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(SPEED_HELP)
  const rounds = wholeNumber('rounds', given.rounds)
  const only = given.only === undefined ? null : given.only.split(',')
  const before = stamp(availableParallelism())
  const sections = (await all()).map((section) => ({ ...section, entries: chosen(section.entries, only) }))
  if (sections.every(({ entries }) => entries.length === 0))
    throw new UsageError(`--only is '${given.only}', and no figure's name begins so`)

  const started = performance.now()
  const samples = new Map<string, readonly Sample[]>()
  const quiet = sections.filter(({ beside }) => !beside)
  const take = async (some: readonly Section[], title: string, turns: { rounds: number; sampleSeconds?: number }) => {
    const subjects = subjectsOf(some.flatMap(({ entries }) => entries))
    const progress = progressOf(title, samplesOf(subjects, turns.rounds))
    try {
      const taken = await interleave(subjects, { ...turns, onSample: progress.step })
      for (const [name, values] of taken) samples.set(name, values)
    } finally {
      progress.stop()
    }
  }
  try {
    await take(quiet, 'speed', { rounds })
    for (const section of sections) {
      if (!section.beside || section.entries.length === 0) continue
      const { start, rounds: most, sampleSeconds } = section.beside
      const stop = await start()
      try {
        await take([section], section.id, { rounds: Math.min(rounds, most), sampleSeconds })
      } finally {
        await stop()
      }
    }
  } finally {
    native.selectTable(BEST)
  }

  const found = sections.map(({ id, title, sentence, entries }): Found => {
    const rows = entries.map((entry) => entry.figures(samples)).filter((row) => row.length > 0)
    return { id, title, sentence, rows }
  })
  const machine = { ...before, loadAverageAfter: loadavg()[0] ?? 0 }
  console.log(
    `${machine.cpu}, load average ${machine.loadAverage.toFixed(2)} before the run, ${machine.loadAverageAfter.toFixed(2)} after; ${rounds} rounds in ${since(started)}`,
  )
  console.log('Bars are shares of a limit, or of the target where a ratio has no limit.\n')
  console.log(printed(found))

  const runs = [...samples].map(([name, taken]) => ({ name, samples: taken }))
  const options = { rounds, only }
  const result = report({ bench: 'speed', machine, options, figures: figuresOf(found), runs })
  if (given.json !== undefined) writeJson(given.json, result)
  if (given.out === undefined) return
  const { speedPage } = await import('./page.ts') // slow to load
  writeJson(join(given.out, 'speed.json'), result)
  writeText(join(given.out, 'index.html'), speedPage(found, result))
  console.log(`wrote index.html and speed.json into ${given.out}`)
}

async function all(): Promise<readonly Section[]> {
  const set = await timedSet()
  const source = kernelsInside()
  return [
    kernels(source),
    steps(source.peaks),
    threading(),
    inference(),
    fishers(set),
    memory(set, bothCached()),
    scaling(source.peaks),
    busy(),
  ]
}
