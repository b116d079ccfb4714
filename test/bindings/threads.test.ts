import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { type Native, native } from '../../bindings/native.ts'
import { threads } from '../../src/tensor/threads.ts'
import { type Numbers, sameBits, special, uniform } from '../numbers.ts'
import { refusal } from '../refusal.ts'
import { draw, type Sizes } from './arguments.ts'
import { CALLS } from './calls.ts'
import { builtBindings } from './dist.ts'

const before = native.threads()
afterAll(() => native.setThreads(before))

type Case = readonly [name: keyof Native, sizes: Sizes]

const product = (m: number, n: number, k: number): Case[] =>
  (['matmulNT', 'matmulNN', 'matmulTN'] as const).map((name) => [name, { m, n, k }])
const lengths = (names: readonly (keyof Native)[], ...counts: number[]): Case[] =>
  names.flatMap((name) => counts.map((n): Case => [name, { n }]))

const RANGES = [
  ...(['add', 'subtract', 'multiply', 'scale', 'relu', 'reluGradient'] as const),
  ...(['sgd', 'adam', 'quadraticSum', 'mergeQuadratic', 'accumulate', 'accumulateSquare'] as const),
]

/** at the size from which on a kernel is split, and above, for every kernel that splits */
const SPLIT: readonly Case[] = [
  ...product(100, 100, 784),
  ...product(100, 784, 100),
  ...product(64, 64, 128),
  ...product(3, 1999, 131),
  ...product(1001, 13, 50),
  ...lengths(RANGES, 32_768, 79_511),
  ...lengths(['sum'], 65_536, 200_003, 1024 * 4096 + 70_000),
  ['addBias', { rows: 331, columns: 100 }],
  ['rowSums', { rows: 700, columns: 99 }],
  ['softmax', { rows: 819, classes: 10 }],
  ['softmax', { rows: 1001, classes: 13 }],
  ['logSoftmax', { rows: 1001, classes: 13 }],
  ['logSoftmaxGradient', { rows: 1001, classes: 13 }],
  ['classSeed', { rows: 4001, classes: 10 }],
  ['choleskySolve', { n: 8, rows: 4096 }],
  ['choleskySolve', { n: 25, rows: 3001 }],
  ['gather', { images: 50, rows: 40, features: 784 }],
  ['gather', { images: 50, rows: 101, features: 784 }],
]

/** just below it */
const WHOLE: readonly Case[] = [
  ...product(64, 64, 127),
  ...product(8, 10_000, 3),
  ...lengths(RANGES, 32_767),
  ...lengths(['sum'], 65_535),
  ['addBias', { rows: 325, columns: 100 }],
  ['rowSums', { rows: 659, columns: 99 }],
  ['softmax', { rows: 817, classes: 10 }],
  ['logSoftmax', { rows: 629, classes: 13 }],
  ['logSoftmaxGradient', { rows: 629, classes: 13 }],
  ['classSeed', { rows: 3275, classes: 10 }],
  ['choleskySolve', { n: 8, rows: 4095 }],
  ['gather', { images: 50, rows: 39, features: 784 }],
]

function outcome(name: keyof Native, args: readonly unknown[]): { result: unknown; arrays: Numbers[] } {
  const own = args.map((arg) => (ArrayBuffer.isView(arg) ? (arg as Numbers).slice() : arg))
  const result = (native[name] as (...args: unknown[]) => unknown)(...own)
  return { result, arrays: own.filter((arg): arg is Numbers => ArrayBuffer.isView(arg)) }
}

/** the same on several threads, for certain: a pool that works alone for a while is asked again */
async function shared(name: keyof Native, args: readonly unknown[]): Promise<ReturnType<typeof outcome>> {
  for (const end = Date.now() + 20_000; Date.now() < end; await setTimeout(10)) {
    const calls = native.forkJoins()
    const found = outcome(name, args)
    if (native.forkJoins() > calls) return found
  }
  throw new Error(`${name} was not split`)
}

const title = ([name, sizes]: Case) => `${name} ${Object.values(sizes).join(' x ')}`

describe('every number of threads gives the bits of one', () => {
  test.each(SPLIT.map((split) => [title(split), split] as const))('%s', async (_, [name, sizes]) => {
    for (const floats of [uniform, special])
      for (const variant of CALLS[name].variants ?? [{}]) {
        const args = draw(CALLS[name], sizes, 5, floats)
        for (const [argument, value] of Object.entries(variant)) args.set(argument, value)
        native.setThreads(1)
        const expected = outcome(name, [...args.values()])
        for (const count of [2, 3, 7]) {
          native.setThreads(count)
          const { result, arrays } = await shared(name, [...args.values()])
          expect(result).toBe(expected.result)
          arrays.forEach((array, index) => {
            expect(sameBits(array, expected.arrays[index]), `${count} threads, array ${index}`).toBe(true)
          })
        }
      }
  })
})

test.each(WHOLE.map((whole) => [title(whole), whole] as const))('%s is not worth a split', (_, [name, sizes]) => {
  native.setThreads(2)
  const calls = native.forkJoins()
  outcome(name, [...draw(CALLS[name], sizes, 5, uniform).values()])
  expect(native.forkJoins()).toBe(calls)
})

describe('threads', () => {
  test('tells and sets how many', () => {
    expect(threads(3)).toBe(3)
    expect([threads(), native.threads()]).toEqual([3, 3])
    expect(threads(256)).toBe(256)
  })

  test.each([0, -1, 257, 1.5, Number.NaN, Infinity, '2', null, {}])('refuses %s and changes nothing', (count) => {
    threads(2)
    const { message } = refusal('INVALID_ARGUMENT', () => threads(count as number))
    expect(message).toContain(String(count))
    expect(threads()).toBe(2)
  })

  test('a default does not change a number that was chosen', () => {
    threads(5)
    native.setDefaultThreads(2)
    expect(threads()).toBe(5)
  })
})

/** what the bindings, in a process of their own under this PALIMPSEST_THREADS, say */
async function under(asked: string): Promise<{ count?: number; cores: number; code?: string; message?: string }> {
  const program = `
    const cores = (await import('node:os')).availableParallelism()
    try {
      const { native } = await import(${JSON.stringify(builtBindings())})
      console.log(JSON.stringify({ count: native.threads(), cores }))
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message, cores }))
    }`
  const env = { ...process.env, PALIMPSEST_THREADS: asked }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env })
  return JSON.parse(stdout)
}

describe('PALIMPSEST_THREADS', () => {
  test.each(['1', '5', '256'])('%s', async (asked) => {
    expect((await under(asked)).count).toBe(Number(asked))
  })

  test('without it, every core that the process may use', async () => {
    const { count, cores } = await under('')
    expect(count).toBe(cores)
  })

  test.each(['0', '257', '-1', '1.5', 'all', ' 2', '1e2'])('%s is refused at import', async (asked) => {
    const { code, message } = await under(asked)
    expect(code).toBe('INVALID_ARGUMENT')
    expect(message).toContain(`PALIMPSEST_THREADS is '${asked}'`)
  })
})
