import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../bench/report.ts'
import { faultsOf } from '../../bench/soak/command.ts'
import type { Look } from '../../bench/soak/look.ts'
import { SCENARIOS } from '../../bench/soak/scenarios/index.ts'
import { slopeOf } from '../../bench/soak/slope.ts'
import { stream } from '../numbers.ts'

const program = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url))

test('what is made and dropped for half a minute leaves nothing', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-soak-'))
  const file = join(folder, 'soak.json')
  // its status is 1 when something grew
  await promisify(execFile)(process.execPath, [program, 'soak', '--minutes', '0.5', '--json', file])
  const { figures, runs } = JSON.parse(await readFile(file, 'utf8')) as Report
  await rm(folder, { recursive: true })
  const named = new Set(figures.map(({ name }) => name.split('/')[1]))
  expect([...named]).toEqual(SCENARIOS.map(({ name }) => name))
  for (const { name, value } of figures) if (/handles|threads/.test(name)) expect(value, name).toBeLessThanOrEqual(0)
  for (const { looks } of runs as { looks: Look[] }[]) expect(looks.length).toBeGreaterThanOrEqual(2)
})

describe('what is not flat is found', () => {
  const looks = (change: (second: number) => Partial<Look>): Look[] =>
    Array.from({ length: 40 }, (_, seconds) => {
      return { seconds, rounds: seconds, rss: 1e8, arrays: 0, handles: 2, threads: 9, ...change(seconds) }
    })
  const faults = (change: (second: number) => Partial<Look>) => faultsOf({ name: 'some', looks: looks(change) })
  const next = stream(1)
  const noise = Array.from({ length: 40 }, () => ((next() % 1000) / 1000 - 0.5) * 2e7)

  test('memory that rises, however it wavers', () => {
    expect(faults((second) => ({ rss: 1e8 + second * 1e6 }))).toHaveLength(1)
    expect(faults((second) => ({ rss: 1e8 + second * 2e6 + (noise[second] as number) }))).toHaveLength(1)
    expect(faults((second) => ({ rss: 1e8 + (noise[second] as number) }))).toEqual([])
    expect(faults((second) => ({ rss: 2e8 - second * 1e6 }))).toEqual([])
  })

  test('handles and threads that stay', () => {
    expect(faults((second) => ({ handles: 2 + (second >> 4) }))).toEqual(['some: 2 handles were left'])
    expect(faults((second) => ({ threads: 9 + (second > 30 ? 1 : 0) }))).toEqual(['some: 1 threads were left'])
    expect(faults((second) => ({ threads: second % 5 }))).toHaveLength(1)
    expect(faults(() => ({}))).toEqual([])
  })
})

describe('slopeOf', () => {
  const x = Array.from({ length: 200 }, (_, i) => i)

  test('of a line is exact', () => {
    const { value, half } = slopeOf(
      x,
      x.map((at) => 3 + 2 * at),
    )
    expect(value).toBeCloseTo(2, 12)
    expect(half).toBeLessThan(1e-9)
  })

  test('of noise, its interval holds 0 nineteen times of twenty, and more loosely where neighbours resemble each other', () => {
    const next = stream(7)
    const uniform = () => next() / 2 ** 32 - 0.5
    let held = 0
    for (let round = 0; round < 200; round++) {
      const { value, half } = slopeOf(x, x.map(uniform))
      if (Math.abs(value) <= half) held++
    }
    expect(held).toBeGreaterThan(180)
    expect(held).toBeLessThan(200)
    let level = 0
    const walk = slopeOf(
      x,
      x.map(() => (level = 0.9 * level + uniform())),
    )
    const free = slopeOf(x, x.map(uniform))
    expect(walk.half).toBeGreaterThan(3 * free.half)
  })

  test('of two points is anything', () => {
    expect(slopeOf([0, 1], [0, 5])).toEqual({ value: 0, half: Number.POSITIVE_INFINITY })
  })
})
