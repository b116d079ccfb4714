import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { loadFashionMnist, loadMnist } from '../../src/data/index.ts'
import { runWatched } from '../crew/watch.ts'
import { accuracy, duration, summarize } from '../format.ts'
import { choices, parse, UsageError, wholeNumber } from '../options.ts'
import type { Part } from '../part.ts'
import { type Report, report, stamp, writeJson } from '../report.ts'
import { averageOf, figuresOf, type Row, rowsOf } from './figures.ts'
import { type Change, changed, changeOf } from './given.ts'
import { METHODS } from './methods.ts'
import { PROTOCOL_NAMES, type ProtocolName, protocolOf, protocolsOf, SCENARIOS, type StreamName } from './protocols.ts'
import { READS, refuseUnread } from './reads.ts'
import type { Job, RunRecord } from './run.ts'
import { chosen } from './settings.ts'
import { keyOf, storeOf } from './store.ts'
import { streamTable } from './tables.ts'
import type { Raw } from './tasks.ts'

export const STREAM_HELP: string = `palimpsest run mnist-fashion | split-mnist | permuted-mnist | rotated-mnist: one task after another
palimpsest tune the same: judges by the last 10,000 training images of each set, which it does not learn from, with a tenth
                    of the budget, unless --share says otherwise, and tries 11 lambdas, unless --lambda does

  --protocol NAME   ${PROTOCOL_NAMES.join(' | ')}
                    (fixes network, budget and optimizer; default: the stream's first)
  --scenario NAME   ${SCENARIOS.join(' | ')}; repeatable (default: all that the protocol has)
  --method NAME     ${METHODS.join(' | ')}; repeatable (default: all)
  --seeds N         seeds 1 to N (default 1)
  --lambda X        instead of the chosen one; repeatable
  --set JSON        other settings instead of the chosen, such as '{"gamma":0.9}', null for the default; repeatable
                    (what a method does not read is refused; every method of the bench must read what is given)
  --threads N       runs at once, each in a worker (default: the number of cores)
  --shard I/N       only every Nth run, from the Ith on: for several machines, whose reports --merge puts together
  --merge FILE      add the runs of another report, of the same options, and do not run them again; repeatable
  --held-out        judge by the last 10,000 training images of each set, and learn from the others
  --share X         of the protocol's budget (default 1)
  --quick           a tenth of the images and a twentieth of the budget: shows that all works, says nothing about accuracy
  --json FILE       write options, figures and runs; finished runs are kept in FILE.runs, from which an interrupted bench goes on
  --out DIR         write STREAM.json, as --json does, and index.html, a report with pictures
  --help`

const OPTIONS = {
  protocol: { type: 'string' },
  scenario: { type: 'string', multiple: true },
  method: { type: 'string', multiple: true },
  seeds: { type: 'string', default: '1' },
  lambda: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  threads: { type: 'string', default: String(availableParallelism()) },
  shard: { type: 'string', default: '1/1' },
  merge: { type: 'string', multiple: true },
  'held-out': { type: 'boolean', default: false },
  share: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** `run` judges what was chosen; `tune` searches for what to choose, and never looks at a test image */
export type Purpose = 'run' | 'tune'

export const streamCommand =
  (stream: StreamName, purpose: Purpose) =>
  (args: readonly string[]): Promise<void> =>
    bench(stream, purpose, args)

async function bench(stream: StreamName, purpose: Purpose, args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(STREAM_HELP)
  const seeds = wholeNumber('seeds', given.seeds)
  const threads = wholeNumber('threads', given.threads)
  const protocol = oneProtocol(stream, given.protocol)
  const scenarios = choices('scenario', given.scenario, protocolOf(protocol).scenarios)
  const methods = choices('method', given.method, METHODS)
  const part: Part = given.quick ? 'quick' : purpose === 'tune' || given['held-out'] ? 'held-out' : 'all'
  const share = positive('share', given.share ?? (given.quick ? '0.05' : purpose === 'tune' ? '0.1' : '1'))
  const changes = changesOf(given.lambda, given.set)
  const searched = purpose === 'tune' && given.lambda === undefined ? LAMBDAS : []
  const others = (given.merge ?? []).map((file) => reportOf(file, protocol))
  const all: Job[] = Array.from({ length: seeds }, (_, index) => index + 1).flatMap((seed) =>
    scenarios.flatMap((scenario) =>
      methods.flatMap((method) =>
        (READS[method].includes('lambda') && searched.length > 0 ? changesOf(searched, given.set) : changes).map(
          (change) => {
            const settings = changed(chosen(protocol, scenario, method).settings, change)
            refuseUnread(method, scenario, settings)
            return { protocol, scenario, method, settings, seed, part, share }
          },
        ),
      ),
    ),
  )
  const jobs = shardOf(all, given.shard)
  const json = given.json ?? (given.out === undefined ? undefined : join(given.out, `${stream}.json`))
  const store = storeOf(json)
  const merged = new Map(others.flatMap(({ runs }) => (runs as readonly RunRecord[]).map((run) => [keyOf(run), run])))
  const own = jobs.filter((job) => !merged.has(keyOf(job)))
  const kept = own.flatMap((job) => store.find(job) ?? [])
  const left = own.filter((job) => store.find(job) === undefined)
  if (kept.length > 0) console.error(`${kept.length} runs were finished before`)

  const machine = stamp(threads)
  const raw = await load(stream)
  const started = performance.now()
  const fresh = await runWatched(
    {
      worker: new URL('./worker.js', import.meta.url),
      jobs: left,
      shared: raw,
      title: titleOf,
      progress: ({ task, loss }: { task: number; loss: number; done: number }) =>
        `task ${task + 1}/${protocolOf(protocol).tasks}  loss ${loss.toFixed(3)}`,
      result: (record: RunRecord) => `average ${accuracy(averageOf(record))}  (${duration(record.seconds)})`,
    },
    threads,
    (record) => store.keep(record),
  )
  const records = [...merged.values(), ...kept, ...fresh]
  const rows = rowsOf(records)
  console.log(streamTable(protocol, rows))
  if (purpose === 'tune') for (const line of bestOf(rows)) console.log(line)
  console.log(`${fresh.length} runs in ${duration((performance.now() - started) / 1000)} on ${threads} threads`)
  if (json === undefined) return
  const options = {
    protocol,
    scenarios,
    methods,
    seeds,
    part,
    share,
    shard: given.shard,
    threads,
    settings: protocolOf(protocol),
    merged: others.map(({ date, version, commit, node, machine }) => ({ date, version, commit, node, machine })),
  }
  const result = report({ bench: stream, machine, options, figures: figuresOf(rows), runs: records })
  writeJson(json, result)
  store.remove()
  if (given.out === undefined) return
  const { writeReport } = await import('./page/index.ts') // slow to load
  writeReport(given.out, result, rows)
}

/** half a decade apart */
const LAMBDAS = ['0.1', '0.3', '1', '3', '10', '30', '100', '300', '1000', '3000', '10000']

/** the settings with which each method did best */
function bestOf(rows: readonly Row[]): string[] {
  const best = new Map<string, Row>()
  const mean = ({ runs }: Row) => summarize(runs.map(averageOf)).mean
  for (const row of rows) {
    const key = `${row.scenario} ${row.method}`
    const held = best.get(key)
    if (!held || mean(row) > mean(held)) best.set(key, row)
  }
  return [...best].map(([key, row]) => `best of ${key}: ${JSON.stringify(row.settings)} (${accuracy(mean(row))})`)
}

function reportOf(file: string, protocol: ProtocolName): Report {
  try {
    const other = JSON.parse(readFileSync(file, 'utf8')) as Report
    if ((other.runs as readonly RunRecord[]).every((run) => run.protocol === protocol)) return other
  } catch (error) {
    throw new UsageError(`--merge ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new UsageError(`--merge ${file}: its runs are not all of protocol ${protocol}`)
}

const titleOf = ({ scenario, method, settings, seed }: Job) =>
  `${scenario} ${method}${settings.lambda === undefined ? '' : ` lambda ${settings.lambda}`} seed ${seed}`

function oneProtocol(stream: StreamName, name: string | undefined): ProtocolName {
  const known = protocolsOf(stream)
  const [first] = known
  const found = name === undefined ? first : known.find((protocol) => protocol === name)
  if (found) return found
  throw new UsageError(`--protocol is '${name}', expected one of ${known.join(', ')}`)
}

/** every lambda with every set of other settings */
function changesOf(lambdas: readonly string[] = [], sets: readonly string[] = []): Change[] {
  const numbers = lambdas.map((text) => ({ lambda: positive('lambda', text) }))
  const others = sets.map(changeOf)
  return (numbers.length ? numbers : [{}]).flatMap((lambda) =>
    (others.length ? others : [{}]).map((other) => ({ ...other, ...lambda })),
  )
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`--${name} is '${text}', expected a number above 0`)
}

function shardOf(jobs: readonly Job[], text: string): Job[] {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const [i, n] = [Number(index), Number(count)]
  if (!(i >= 1 && i <= n)) throw new UsageError(`--shard is '${text}', expected such as 2/8`)
  return jobs.filter((_, place) => place % n === i - 1)
}

async function load(stream: StreamName): Promise<Raw> {
  const mnist = await loadMnist()
  return stream === 'mnist-fashion' ? { mnist, fashion: await loadFashionMnist() } : { mnist }
}
