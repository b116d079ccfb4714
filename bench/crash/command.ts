import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileOf } from '../../src/serving/tenants.ts'
import { Random } from '../../src/tensor/random.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { progressOf, since } from '../speed/progress.ts'
import { type Kill, Witness } from './kill.ts'
import { KINDS, type Kind, TENANT } from './work.ts'

export const CRASH_HELP: string = `palimpsest crash: a classifier that learns and saves is killed (SIGKILL) at random, and must have lost nothing

  --kills N         kills, in turn of an analytic model, a network, and a store whose tenants leave again and again (default 200)
  --within MS       the longest time from start to kill (default 600)
  --seed N          of the times (default 1)
  --folder DIR      where to save (default: a temporary folder; a disk that flushes shows more than memory)
  --json FILE       write options, figures and what each kill left
  --help`

const OPTIONS = {
  kills: { type: 'string', default: '200' },
  within: { type: 'string', default: '600' },
  seed: { type: 'string', default: '1' },
  folder: { type: 'string', default: tmpdir() },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function crash(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(CRASH_HELP)
  const [count, within] = [wholeNumber('kills', given.kills), wholeNumber('within', given.within)]
  const machine = stamp(1)
  const started = performance.now()
  const folder = await mkdtemp(join(given.folder, 'palimpsest-crash-'))
  try {
    const { kills, left } = await killAll(folder, count, within, wholeNumber('seed', given.seed, 0))
    const figures = figuresOf(kills, left)
    for (const { fault, kind, after } of kills)
      if (fault) console.error(`${kind}, after ${after.toFixed(1)} ms: ${fault}`)
    const of = (name: string) => figures.find((figure) => figure.name === `crash/${name}`)?.value
    console.log(
      `${count} kills in ${since(started)}: ${of('lost')} lost what was confirmed or did not load; ` +
        `${of('changes')} changes survived, ${of('torn')} kills fell into a save, ${left} of whose unfinished files are still there`,
    )
    const options = { kills: count, within, seed: Number(given.seed) }
    if (given.json !== undefined)
      writeJson(given.json, report({ bench: 'crash', machine, options, figures, runs: kills }))
    if (of('lost') !== 0) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One after the other, the kinds in turn; each begins with what the last left. */
export async function killAll(
  folder: string,
  count: number,
  within: number,
  seed: number,
): Promise<{ readonly kills: readonly Kill[]; readonly left: number }> {
  const fileIn = (kind: Kind) => (kind === 'store' ? fileOf(TENANT) : `${kind}.safetensors`)
  const witnesses = KINDS.map((kind) => new Witness(kind, join(folder, fileIn(kind))))
  const random = Random.from(seed, 'kills')
  const progress = progressOf('crash', count)
  const kills: Kill[] = []
  try {
    for (let index = 0; index < count; index++) {
      kills.push(await (witnesses[index % witnesses.length] as Witness).kill(random.uniform() * within))
      progress.step(KINDS[index % KINDS.length] as string)
    }
  } finally {
    progress.stop()
  }
  const left = (await readdir(folder)).filter((name) => name.endsWith('.tmp')).length
  return { kills, left }
}

function figuresOf(kills: readonly Kill[], left: number): Figure[] {
  const figure = (name: string, value: number, better: Figure['better'], target?: number): Figure => ({
    name: `crash/${name}`,
    value,
    unit: 'count',
    n: kills.length,
    std: 0,
    better,
    ...(target === undefined ? {} : { target }),
  })
  const changes = KINDS.reduce(
    (sum, kind) => sum + Math.max(0, ...kills.filter((kill) => kill.kind === kind).map(({ found }) => found)),
    0,
  )
  return [
    figure('kills', kills.length, 'higher', 200),
    figure('lost', kills.filter(({ fault }) => fault !== null).length, 'lower', 0),
    figure('changes', changes, 'higher'),
    figure('torn', kills.filter(({ torn }) => torn).length, 'higher'),
    // the next that saves removes what the last left
    figure('left', left, 'lower', 1),
  ]
}
