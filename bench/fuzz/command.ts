import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { PLAIN } from '../format.ts'
import { choices, parse, UsageError, wholeNumber } from '../options.ts'
import { report, stamp, writeJson } from '../report.ts'
import { compiler, fuzzBindings } from './bindings.ts'
import { Coverage } from './coverage.ts'
import { evolve } from './evolve.ts'
import { type Found, figuresOf } from './found.ts'
import { TARGETS } from './targets/index.ts'
import type { Target } from './targets/target.ts'

const NAMES = ['bindings', ...TARGETS.map(({ name }) => name)]
const CRASHES = 'build-fuzz/crashes'

export const FUZZ_HELP: string = `palimpsest fuzz: hostile input to the addon and to every parser, guided by the code that it reaches

  --seconds N       of all targets together (default 300)
  --target NAME     one of ${NAMES.join(', ')} (repeat for more; default: all)
  --replay FILE     run one input of one --target of JavaScript again, and show what is wrong
  --seed N          of the changes (default 1)
  --json FILE       write options, figures and runs
  --help

The bindings and kernels run under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, which needs Clang;
the parsers in this process, with V8's coverage.`

const OPTIONS = {
  seconds: { type: 'string', default: '300' },
  target: { type: 'string', multiple: true },
  replay: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

export async function fuzz(args: readonly string[]): Promise<void> {
  const { help, replay, json, ...given } = parse(args, OPTIONS)
  if (help) return console.log(FUZZ_HELP)
  const [seconds, seed] = [wholeNumber('seconds', given.seconds), wholeNumber('seed', given.seed, 0)]
  const names = choices('target', given.target, NAMES)
  if (replay !== undefined) return again(names, replay)
  // a state that frees some parameters makes each method say so
  process.removeAllListeners('warning')
  const machine = stamp(1)
  const all: Found[] = []
  for (const name of names) all.push(...(await one(name, Math.max(1, Math.round(seconds / names.length)), seed)))
  console.log(tableOf(all))
  for (const { name, crashes } of all) for (const crash of crashes) console.error(`${name}: ${crash}`)
  const options = { seconds, seed, target: names }
  if (json !== undefined)
    writeJson(json, report({ bench: 'fuzz', machine, options, figures: all.flatMap(figuresOf), runs: all }))
  if (all.some(({ crashes }) => crashes.length > 0)) process.exitCode = 1
}

/** nothing for the bindings where they cannot be built for it */
async function one(name: string, seconds: number, seed: number): Promise<readonly Found[]> {
  const target = TARGETS.find((target) => target.name === name)
  if (target) return [await parser(target, seconds, seed)]
  const found = compiler()
  if ('clang' in found) return [await fuzzBindings(found.clang, seconds, seed)]
  console.error(`The bindings were not fuzzed. Missing: ${found.missing}.`)
  process.exitCode = 1
  return []
}

async function parser(target: Target, seconds: number, seed: number): Promise<Found> {
  const coverage = new Coverage()
  const { crashes, ...found } = await evolve(target, { seconds, seed, coverage })
  coverage.stop()
  return {
    name: target.name,
    ...found,
    covered: found.stretches,
    unit: 'stretches',
    crashes: crashes.map(({ input, error }, index) => {
      mkdirSync(CRASHES, { recursive: true })
      const file = `${CRASHES}/${target.name}-${seed}-${index}`
      writeFileSync(file, input)
      return `${file}\n${error instanceof Error ? error.stack : error}`
    }),
  }
}

async function again(names: readonly string[], file: string): Promise<void> {
  const target = TARGETS.find(({ name }) => names.length === 1 && name === names[0])
  if (!target) throw new UsageError('--replay goes with one --target of JavaScript')
  console.log(await target.run(new Uint8Array(readFileSync(file))))
}

function tableOf(all: readonly Found[]): string {
  const head = ['target', 'executions', 'a second', 'covered', 'inputs kept', 'crashes']
  const table = new Table({ head, colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')), ...PLAIN })
  for (const { name, executions, seconds, covered, unit, corpus, crashes } of all)
    table.push([
      name,
      executions.toLocaleString('en'),
      Math.round(executions / seconds).toLocaleString('en'),
      `${covered.toLocaleString('en')} ${unit}`,
      corpus,
      crashes.length,
    ])
  return table.toString()
}
