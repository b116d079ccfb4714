import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../../src/tensor/aligned.ts'
import { Random } from '../../src/tensor/random.ts'
import { threads as useThreads } from '../../src/tensor/threads.ts'
import type { Subject } from './subject.ts'

/** the table that runs by itself */
export const TABLES: readonly string[] = native.tables()
export const BEST: string = TABLES[native.currentTable()] ?? 'portable'

/** The networks that are measured, with the batch of a step. */
export interface Net {
  readonly name: string
  readonly sizes: readonly number[]
  readonly batch: number
  /** most of a step's time on one thread, in FMA bounds */
  readonly bound: number
  /** least of a step's time on one thread over that on two */
  readonly speedup: number
}

const net = (sizes: readonly number[], rest: Omit<Net, 'name' | 'sizes'>): Net => ({
  name: sizes.join('-'),
  sizes,
  ...rest,
})

export const SMALL: Net = net([784, 100, 10], { batch: 100, bound: 1.22, speedup: 1.6 })
export const BIG: Net = net([784, 1000, 1000, 10], { batch: 256, bound: 1.2, speedup: 1.75 })
export const NETS: readonly Net[] = [SMALL, BIG]

/** forward and dW for every layer, dX for all but the first */
export function stepFlops(sizes: readonly number[], batch: number): number {
  return sizes.slice(1).reduce((sum, size, layer) => {
    const products = layer === 0 ? 2 : 3
    return sum + products * 2 * batch * size * (sizes[layer] as number)
  }, 0)
}

export interface Place {
  readonly table?: string
  readonly threads?: number
  readonly every?: number | undefined
}

/** milliseconds of calls before those that count, at least one: the same in every program that times something */
const WARM_UP = 20

/** Calls of a function in this process; `prepare` makes the function, and its memory, when it is first needed. */
export function inside(
  name: string,
  { table = BEST, threads = 1, every = 1 }: Place,
  prepare: () => () => void,
): Subject {
  let run: (() => void) | null = null
  return {
    name,
    every,
    time(calls) {
      native.selectTable(table)
      useThreads(threads)
      run ??= prepare()
      // the others have emptied the caches, and a processor that waited for them has to come up to speed
      const awake = performance.now() + WARM_UP
      do run()
      while (performance.now() < awake)
      const started = process.hrtime.bigint()
      for (let call = 0; call < calls; call++) run()
      return Number(process.hrtime.bigint() - started) / 1e9 / calls
    },
  }
}

/** sampled less often the longer it takes; the portable table is exact and slow */
export function everyOf(flops: number, table: string = BEST): number {
  if (table === 'portable') return 20
  return flops > 5e9 ? 10 : flops > 6e8 ? 4 : 1
}

// of random numbers, after which they repeat: enough for a kernel, and made at once
const PERIOD = 100_003

/** in [-0.5, 0.5) */
export function uniform(length: number, seed: number = 1): Float32Array {
  const random = Random.from(seed)
  const all = alignedFloats(length)
  const filled = Math.min(length, PERIOD)
  for (let index = 0; index < filled; index++) all[index] = random.uniform() - 0.5
  for (let from = filled; from < length; from += PERIOD) all.copyWithin(from, 0, PERIOD)
  return all
}

export const labelsOf = (rows: number, classes: number): Uint8Array =>
  Uint8Array.from({ length: rows }, (_, row) => row % classes)
