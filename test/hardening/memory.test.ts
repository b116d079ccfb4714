import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Analytic } from '../../src/continual/index.ts'
import { labelledSet, union } from '../../src/data/index.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { refusal } from '../refusal.ts'

const built = new URL('../../dist/src', import.meta.url).href
const program = fileURLToPath(new URL('memory.mjs', import.meta.url))

describe('more than any memory is refused', () => {
  test.each([[[2 ** 31, 2 ** 31]], [[784, 2 ** 40, 10]], [[1e300, 1e300]], [[2 ** 20, 2 ** 14]]])(
    'a network of %j',
    (sizes) => {
      const { message, cause } = refusal('OUT_OF_MEMORY', () => new Mlp(sizes))
      expect(message).toMatch(/no memory for .* numbers/)
      expect(cause).toBeInstanceOf(RangeError)
    },
  )

  test('a network that would grow to it stays as it was', () => {
    const model = new Mlp([4, 4, 2], { seed: 3 })
    const before = model.parameters().map(({ data }) => data.slice())
    refusal('OUT_OF_MEMORY', () => model.grown(2 ** 50))
    expect(model.parameters().map(({ data }) => data.slice())).toEqual(before)
  })
})

/** what the program says when `ulimit -v` gives it so many kilobytes, and node these options */
function under(kilobytes: number | 'unlimited', ...options: readonly string[]): unknown {
  const { status, signal, stdout, stderr } = spawnSync(
    'sh',
    ['-c', `ulimit -v ${kilobytes} && exec "$@"`, 'sh', process.execPath, ...options, program, built],
    { encoding: 'utf8', env: { ...process.env, PALIMPSEST_THREADS: '2' }, timeout: 50_000 },
  )
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  return JSON.parse(stdout)
}

const refused = { model: 'OUT_OF_MEMORY', grown: 'OUT_OF_MEMORY', analytic: 'OUT_OF_MEMORY', set: 'OUT_OF_MEMORY' }

describe.skipIf(process.platform !== 'linux')('a process that gets no more memory', () => {
  test('refuses what does not fit into 3 GB, and goes on training', () => {
    expect(under(3 << 20)).toEqual({ codes: refused, learns: true })
  })

  test('the same with a heap of 64 MB', () => {
    expect(under(3 << 20, '--max-old-space-size=64')).toEqual({ codes: refused, learns: true })
  })
})

test('sets that have no room together are refused, and stay', () => {
  const features = 2 ** 28
  const one = labelledSet({
    name: 'one',
    inputs: new Uint8Array(features),
    labels: Uint8Array.of(1),
    features,
    classes: 2,
  })
  refusal('OUT_OF_MEMORY', () => union(one, ...Array.from({ length: 2 ** 15 }, () => one)))
  expect(one.labels[0]).toBe(1)
  refusal('INVALID_ARGUMENT', () => new Analytic({ inputs: 2 ** 20 + 1, features: 16 }))
})
