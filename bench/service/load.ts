import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Result } from 'autocannon'
import { projectFile } from '../project.ts'
import type { Figure } from '../report.ts'
import { uniform } from '../speed/inside.ts'
import { Feed } from './feed.ts'
import { NET } from './inside.ts'

/** the service that is loaded */
export const PROGRAM = 'dist/examples/service/main.js'
const INPUTS = 784
const HIDDEN = ['1000', '1000']
export const LEARNT = 50
export const CONNECTIONS = 4
/** calls of `step` that {@link load} makes */
export const LOAD_STEPS = 2

const bodyOf = (rows: number, labels?: readonly string[]): string => {
  const numbers = uniform(rows * INPUTS, rows)
  const x = Array.from({ length: rows }, (_, row) =>
    Array.from(numbers.subarray(row * INPUTS, (row + 1) * INPUTS), (value) => Number(value.toFixed(3))),
  )
  return JSON.stringify(labels ? { x, labels } : { x })
}

/** The example service in a process of its own, asked by autocannon over loopback, idle and while it learns. */
export async function load(seconds: number, step: (name: string) => void): Promise<Figure[]> {
  // not needed by other commands, and not part of the package
  const { default: autocannon } = await import('autocannon')
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-load-'))
  const service = await started(join(folder, 'state.safetensors'))
  const learning = bodyOf(
    LEARNT,
    Array.from({ length: LEARNT }, (_, row) => `class ${row % 10}`),
  )
  const headers = { 'content-type': 'application/json' }
  const learn = async () => {
    const reply = await fetch(`${service.url}/learn`, { method: 'POST', headers, body: learning })
    const text = await reply.text()
    if (reply.status !== 200) throw new Error(`/learn answered ${reply.status}: ${text}`)
  }
  const asked = (): Promise<Result> =>
    autocannon({
      url: `${service.url}/predict`,
      method: 'POST',
      headers,
      body: bodyOf(1),
      connections: CONNECTIONS,
      duration: seconds,
    })
  try {
    await learn()
    step('requests of an idle service')
    const idle = figuresOf('idle', await asked())
    const feed = new Feed(learn, 2)
    step('requests of a service that learns')
    const training = figuresOf('training', await asked(), feed.done / seconds)
    await feed.stop()
    return [...idle, ...training]
  } finally {
    service.child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

function figuresOf(state: string, { requests, latency, non2xx, errors }: Result, learnt?: number): Figure[] {
  if (non2xx + errors > 0) throw new Error(`/predict failed ${non2xx + errors} times`)
  const params = { connections: CONNECTIONS, ...(learnt === undefined ? {} : { learnCallsASecond: learnt }) }
  const common = { n: requests.total, std: 0, params } as const
  const path = `service/http/${NET}/${state}`
  return [
    {
      ...common,
      name: `${path}/requests`,
      value: requests.average,
      unit: 'requests/s',
      better: 'higher',
      std: requests.stddev,
    },
    { ...common, name: `${path}/p50`, value: latency.p50, unit: 'ms', better: 'lower' },
    { ...common, name: `${path}/p99`, value: latency.p99, unit: 'ms', better: 'lower' },
  ]
}

async function started(file: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const program = projectFile(PROGRAM)
  const network = ['--model', 'network', ...HIDDEN.flatMap((size) => ['--hidden', size])]
  // the run is about learning, not about saving
  const args = [
    program,
    '--port',
    '0',
    '--file',
    file,
    '--save-every',
    '1000000000',
    '--save-seconds',
    '1000000',
    ...network,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const url = /listens at (.*)/.exec(line)?.[1]
    if (url !== undefined) return { url, child }
  }
  await once(child, 'exit')
  throw new Error('the service did not start')
}
