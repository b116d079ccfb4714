import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Table from 'cli-table3'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { threads } from '../../src/tensor/threads.ts'
import { Learner } from '../../src/training/learner.ts'
import { median, PLAIN } from '../format.ts'
import { parse, wholeNumber } from '../options.ts'
import { type Figure, report, stamp, writeJson } from '../report.ts'
import { labelsOf, SMALL, uniform } from './inside.ts'
import { number } from './print.ts'
import { progressOf, since } from './progress.ts'

export const STEPS_HELP: string = `palimpsest steps: many training steps of ${SMALL.name} in one process, whose memory must not grow

  --count N         steps (default 1000000, some minutes)
  --json FILE       write options, figures and what was seen
  --help`

const OPTIONS = {
  count: { type: 'string', default: '1000000' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const KINDS = ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const
type Kind = (typeof KINDS)[number]

/** Memory after so many steps, in bytes, garbage collected; and what a step had made when none had been yet. */
export interface Look extends Readonly<Record<Kind, number>> {
  readonly step: number
  /** bytes of new typed arrays a step, over some steps without a collection */
  readonly arrayBytesAStep: number
}

/** most that each may grow from the first look to the last, in bytes: the allocator's own pages come and go */
export const BOUNDS: Readonly<Record<Kind, number>> = {
  rss: 16 * 2 ** 20,
  heapUsed: 2 ** 20,
  external: 2 ** 16,
  arrayBuffers: 2 ** 16,
}

const INTERVALS = 20
/** until compiled code and pools are what they will be */
const WARM_UP = 2_000
const WITHOUT_COLLECTION = 50

export async function endurance(args: readonly string[]): Promise<void> {
  const given = parse(args, OPTIONS)
  if (given.help) return console.log(STEPS_HELP)
  const count = wholeNumber('count', given.count, INTERVALS)
  const machine = stamp(threads())
  const started = performance.now()
  const progress = progressOf('steps', INTERVALS)
  const looks = watch(stepper(), count, () => progress.step(''))
  progress.stop()

  console.log(`${(count + WARM_UP).toLocaleString('en')} steps of ${SMALL.name} in ${since(started)}; MB`)
  console.log(tableOf(looks))
  const figures = figuresOf(looks)
  for (const { name, value, unit } of figures) console.log(`${name}: ${number(value)} ${unit}`)
  if (given.json !== undefined)
    writeJson(given.json, report({ bench: 'steps', machine, options: { count }, figures, runs: looks }))
  const faults = faultsOf(looks)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  else console.log('Memory is flat, and no step makes a typed array.')
}

/** batches of its own, so that there is always something to learn */
function stepper(): () => void {
  const { sizes, batch } = SMALL
  const learner = new Learner(new Mlp(sizes, { seed: 1 }), { optimizer: new Adam() })
  const y = labelsOf(batch, sizes.at(-1) as number)
  const batches = [1, 2, 3, 4, 5, 6, 7].map((seed) => uniform(batch * (sizes[0] as number), seed))
  let next = 0
  return () => {
    learner.step(batches[next] as Float32Array, y)
    next = (next + 1) % batches.length
  }
}

/** Takes steps, and looks at the memory before the first and after each interval. */
export function watch(step: () => void, count: number, onLook: () => void = () => {}): Look[] {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const collect = () => {
    gc()
    gc() // the memory of arrays is freed in the background, which the second one waits for
  }
  const look = (done: number): Look => {
    collect()
    const before = process.memoryUsage().arrayBuffers
    for (let index = 0; index < WITHOUT_COLLECTION; index++) step()
    const made = process.memoryUsage().arrayBuffers - before
    collect()
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    return { step: done, rss, heapUsed, external, arrayBuffers, arrayBytesAStep: made / WITHOUT_COLLECTION }
  }
  for (let index = 0; index < WARM_UP; index++) step()
  const looks = [look(0)]
  for (let interval = 1; interval <= INTERVALS; interval++) {
    const to = Math.round((count * interval) / INTERVALS)
    for (let done = looks.at(-1)?.step ?? 0; done < to; done++) step()
    looks.push(look(to))
    onLook()
  }
  return looks
}

/** of the line through the looks, least squares: bytes a step */
export function slopeOf(looks: readonly Look[], kind: Kind): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middle, level] = [mean(looks.map(({ step }) => step)), mean(looks.map((look) => look[kind]))]
  const over = looks.reduce((sum, look) => sum + (look.step - middle) * (look[kind] - level), 0)
  return over / looks.reduce((sum, { step }) => sum + (step - middle) ** 2, 0)
}

const growth = (looks: readonly Look[], kind: Kind) => (looks.at(-1)?.[kind] ?? 0) - (looks[0]?.[kind] ?? 0)
const madeIn = (looks: readonly Look[]) => median(looks.map(({ arrayBytesAStep }) => arrayBytesAStep))

/** What is not as it must be: nothing, if memory is flat. */
export function faultsOf(looks: readonly Look[]): string[] {
  const grown = KINDS.filter((kind) => growth(looks, kind) > BOUNDS[kind]).map(
    (kind) => `${kind} grew by ${growth(looks, kind)} bytes, more than ${BOUNDS[kind]}`,
  )
  const made = madeIn(looks)
  return made > 0 ? [...grown, `a step makes typed arrays of ${made} bytes, expected none`] : grown
}

function figuresOf(looks: readonly Look[]): Figure[] {
  const common = { n: looks.length, std: 0, better: 'lower' } as const
  const name = `steps/${SMALL.name}/${SMALL.batch}`
  return [
    ...KINDS.flatMap((kind): Figure[] => {
      const path = `${name}/${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
      return [
        { ...common, name: `${path}/growth`, value: growth(looks, kind), unit: 'bytes', target: BOUNDS[kind] },
        { ...common, name: `${path}/slope`, value: slopeOf(looks, kind), unit: 'bytes/step' },
      ]
    }),
    { ...common, name: `${name}/new-arrays`, value: madeIn(looks), unit: 'bytes/step', target: 0 },
  ]
}

function tableOf(looks: readonly Look[]): string {
  const head = ['after', ...KINDS]
  const table = new Table({ head, colAligns: head.map(() => 'right' as const), ...PLAIN })
  for (const look of looks)
    table.push([look.step.toLocaleString('en'), ...KINDS.map((kind) => (look[kind] / 2 ** 20).toFixed(2))])
  return table.toString()
}
