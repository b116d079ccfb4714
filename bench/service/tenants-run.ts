import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassifierStore } from '../../src/serving/index.ts'
import { fileOf } from '../../src/serving/tenants.ts'
import { Random } from '../../src/tensor/random.ts'

/** What {@link visit} does. */
export interface Visit {
  readonly inputs: number
  readonly tenants: number
  readonly rounds: number
  readonly budget: number
  readonly workers: number
  readonly seconds: number
}

/** `waited`: those cold ones that waited for another's save; `first`: of `learn`, by one that was opened cold just before */
export type Span = 'cold' | 'waited' | 'warm' | 'learn' | 'first' | 'predict'

/** What was seen; spans in milliseconds. */
export interface Seen {
  readonly inputs: number
  readonly tenants: number
  /** tenants that learnt a batch of their own; others have copies */
  readonly learnt: number
  readonly opened: number
  readonly seconds: number
  readonly spans: Readonly<Record<Span, number[]>>
  readonly evictions: number
  /** resident, at most */
  readonly mostBytes: number
  /** of the process, at most */
  readonly mostRss: number
  readonly diskBytes: number
}

/** of the progress, half for first batches and half for openings */
export const STEPS = 40
const CLASSES = 5
const BATCH = 20
const LEARN_EVERY = 10

/** Makes a folder of tenants, opens some of them again and again, and removes it. */
export async function visit(options: Visit, step: (name: string) => void): Promise<Seen> {
  let folder: string | null = null
  const remove = () => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  const interrupted = () => {
    remove()
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-tenants-'))
    const learnt = await furnish(folder, options, step)
    return await traffic(folder, options, learnt, step)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    remove()
  }
}

const nameOf = (tenant: number): string => `tenant-${tenant}`

const open = (folder: string, { inputs, budget, workers }: Visit) =>
  ClassifierStore.open(folder, { inputs, model: { kind: 'analytic', removable: false }, budget, workers })

/** rows around a corner of each class, and their labels */
function batchOf(random: Random, inputs: number, rows: number): [Float32Array, string[]] {
  const labels = Array.from({ length: rows }, (_, row) => row % CLASSES)
  const x = Float32Array.from({ length: rows * inputs }, (_, at) => {
    const label = labels[Math.floor(at / inputs)] as number
    return random.uniform() - 0.5 + (at % CLASSES === label ? 0.5 : 0)
  })
  return [x, labels.map((label) => `class-${label}`)]
}

/** Every tenant has a file; returns how many learnt it themselves. */
async function furnish(folder: string, options: Visit, step: (name: string) => void): Promise<number> {
  const { tenants, inputs, seconds } = options
  const random = Random.from(1, 'batches')
  const tick = ticks(tenants, () => step('first batches'))
  const store = await open(folder, options)
  const began = performance.now()
  let learnt = 0
  while (learnt < tenants && (learnt === 0 || performance.now() - began < 1000 * seconds)) {
    const one = await store.open(nameOf(learnt))
    await one.learn(...batchOf(random, inputs, BATCH))
    await one.close()
    tick(learnt++)
  }
  await store.close()
  for (let tenant = learnt; tenant < tenants; tenant++) {
    await copyFile(join(folder, fileOf(nameOf(tenant % learnt))), join(folder, fileOf(nameOf(tenant))))
    tick(tenant)
  }
  return learnt
}

async function traffic(folder: string, options: Visit, learnt: number, step: (name: string) => void): Promise<Seen> {
  const { tenants, inputs, rounds, seconds: most } = options
  const random = Random.from(2, 'visits')
  const draw = zipf(tenants, random)
  const spans: Record<Span, number[]> = { cold: [], waited: [], warm: [], learn: [], first: [], predict: [] }
  const store = await open(folder, options)
  // a thread that has not begun would be waited for by the first
  await (await store.open('warm-up')).close()
  const tick = ticks(rounds, () => step('openings'))
  let [mostBytes, mostRss, opened] = [0, 0, 0]
  const began = performance.now()
  for (; opened < rounds && performance.now() - began < 1000 * most; tick(opened++)) {
    const before = store.report()
    const [row] = batchOf(random, inputs, 1)
    const tenant = nameOf(draw())
    const at = performance.now()
    const one = await store.open(tenant)
    const took = performance.now() - at
    const after = store.report()
    const cold = after.misses > before.misses
    spans[cold ? 'cold' : 'warm'].push(took)
    if (after.waits > before.waits) spans.waited.push(took)
    spans.predict.push(timed(() => one.predict(row)))
    if (opened % LEARN_EVERY === 0) {
      const batch = batchOf(random, inputs, BATCH)
      const asked = performance.now()
      await one.learn(...batch)
      const learning = performance.now() - asked
      spans.learn.push(learning)
      if (cold) spans.first.push(learning)
    }
    mostBytes = Math.max(mostBytes, store.report().bytes)
    mostRss = Math.max(mostRss, process.memoryUsage.rss())
    await one.close()
  }
  const seconds = (performance.now() - began) / 1000
  const { evictions } = store.report()
  await store.close()
  return {
    ...{ inputs, tenants, learnt, opened, seconds, spans, evictions, mostBytes, mostRss },
    diskBytes: await bytesIn(folder),
  }
}

function timed(run: () => unknown): number {
  const began = performance.now()
  run()
  return performance.now() - began
}

/** The nth most frequent of N is drawn in proportion to 1 / n; who that is lies scattered. */
function zipf(count: number, random: Random): () => number {
  const order = random.shuffle(Uint32Array.from({ length: count }, (_, index) => index))
  const sums = new Float64Array(count)
  for (let rank = 0; rank < count; rank++) sums[rank] = (sums[rank - 1] ?? 0) + 1 / (rank + 1)
  return () => {
    const value = random.uniform() * (sums[count - 1] as number)
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) < value) low = middle + 1
      else high = middle
    }
    return order[low] as number
  }
}

/** what is done so often calls it back for each of half of the progress's steps */
function ticks(total: number, step: () => void): (index: number) => void {
  const at = (done: number) => Math.floor((done * STEPS) / 2 / total)
  return (index) => {
    for (let left = at(index + 1) - at(index); left > 0; left--) step()
  }
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(folder)) sum += (await stat(join(folder, name))).size
  return sum
}
