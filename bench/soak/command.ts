import Table from 'cli-table3'
import { PLAIN } from '../format.ts'
import { choices, parse, UsageError } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { type Look, look } from './look.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { type Slope, slopeOf } from './slope.ts'

const NAMES = SCENARIOS.map(({ name }) => name)
/** looks at each scenario's memory, after its first quarter, which only warms up */
const LOOKS = 40
/** least seconds between two: a collection of garbage takes its time */
const APART = 1
/** most that the resident memory may rise for certain over the looks, in bytes: an allocator keeps as much */
const MOST_RISE = 16 * 2 ** 20

export const SOAK_HELP: string = `palimpsest soak: makes and drops things for a long time; memory, handles and threads must not grow

  --minutes N       of all scenarios together (default 10; 0.5 is half a minute)
  --scenario NAME   one of ${NAMES.join(', ')} (repeat for more; default: all)
  --json FILE       write options, figures and runs
  --help`

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  scenario: { type: 'string', multiple: true },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** How one scenario went. */
export interface Soaked {
  readonly name: string
  readonly looks: readonly Look[]
}

export async function soak(args: readonly string[]): Promise<void> {
  const { help, json, ...given } = parse(args, OPTIONS)
  if (help) return console.log(SOAK_HELP)
  const minutes = Number(given.minutes)
  if (!(minutes > 0)) throw new UsageError(`--minutes is '${given.minutes}', expected a number above 0`)
  const names = choices('scenario', given.scenario, NAMES)
  const machine = stamp(1)
  const all: Soaked[] = []
  for (const scenario of SCENARIOS)
    if (names.includes(scenario.name)) {
      const soaked = await through(scenario, (minutes * 60) / names.length)
      console.log(`${soaked.name}\n${tableOf(soaked.looks)}`)
      all.push(soaked)
    }
  const faults = all.flatMap(faultsOf)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  const options = { minutes, scenario: names }
  if (json !== undefined)
    writeJson(json, report({ bench: 'soak', machine, options, figures: all.flatMap(figuresOf), runs: all }))
}

async function through({ name, round }: Scenario, seconds: number): Promise<Soaked> {
  const [began, warm] = [performance.now(), seconds / 4]
  const past = () => (performance.now() - began) / 1000
  const looks: Look[] = []
  let rounds = 0
  // twice at least, or there would be nothing to compare
  for (let next = warm; looks.length < 2 || past() < seconds; ) {
    await round(rounds++)
    await new Promise<void>((resume) => setImmediate(resume))
    if (past() < next) continue
    looks.push(await look(past(), rounds))
    next = past() + Math.max(APART, (seconds - warm) / LOOKS)
  }
  return { name, looks }
}

const rssSlope = ({ looks }: Soaked): Slope =>
  slopeOf(
    looks.map(({ seconds }) => seconds),
    looks.map(({ rss }) => rss),
  )

const grown = (looks: readonly Look[], what: 'rss' | 'arrays' | 'handles' | 'threads'): number =>
  (looks.at(-1)?.[what] ?? 0) - (looks[0]?.[what] ?? 0)

/** What is not flat: memory that rises for certain by more than an allocator keeps, handles or threads that stay. */
export function faultsOf(soaked: Soaked): string[] {
  const { name, looks } = soaked
  const { value, half } = rssSlope(soaked)
  const rise = (value - half) * ((looks.at(-1)?.seconds ?? 0) - (looks[0]?.seconds ?? 0))
  const faults = rise > MOST_RISE ? [`${name}: memory rose by ${Math.round(rise / 2 ** 20)} MB at least`] : []
  for (const what of ['handles', 'threads'] as const)
    if (grown(looks, what) > 0) faults.push(`${name}: ${grown(looks, what)} ${what} were left`)
  return faults
}

function figuresOf(soaked: Soaked): Figure[] {
  const { name, looks } = soaked
  const { value, half } = rssSlope(soaked)
  const common = { n: looks.length, std: 0, better: 'lower' } as const
  return [
    {
      ...common,
      name: `soak/${name}/rss/slope`,
      value: (value * 60) / 2 ** 20,
      unit: 'MB/min',
      params: { half95: Number.isFinite(half) ? (half * 60) / 2 ** 20 : null, rounds: looks.at(-1)?.rounds ?? 0 },
    },
    { ...common, name: `soak/${name}/rss/growth`, value: grown(looks, 'rss'), unit: 'bytes' },
    { ...common, name: `soak/${name}/arrays/growth`, value: grown(looks, 'arrays'), unit: 'bytes' },
    { ...common, name: `soak/${name}/handles/growth`, value: grown(looks, 'handles'), unit: 'handles', target: 0 },
    { ...common, name: `soak/${name}/threads/growth`, value: grown(looks, 'threads'), unit: 'threads', target: 0 },
  ]
}

function tableOf(looks: readonly Look[]): string {
  const head = ['seconds', 'rounds', 'resident MB', 'arrays MB', 'handles', 'threads']
  const table = new Table({ head, colAligns: head.map(() => 'right' as const), ...PLAIN })
  const every = Math.max(1, Math.floor(looks.length / 8))
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  for (const [index, { seconds, rounds, rss, arrays, handles, threads }] of looks.entries())
    if (index % every === 0 || index === looks.length - 1)
      table.push([seconds.toFixed(1), rounds, megabytes(rss), megabytes(arrays), handles, threads])
  const { value, half } = rssSlope({ name: '', looks })
  const said = `${((value * 60) / 2 ** 20).toFixed(2)} \u00b1 ${((half * 60) / 2 ** 20).toFixed(2)} MB a minute`
  return `${table}\nresident memory: ${said}`
}
