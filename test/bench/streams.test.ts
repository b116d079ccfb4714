import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../bench/report.ts'
import type { RunRecord } from '../../bench/streams/run.ts'
import { palimpsest } from './command.ts'

const MAIN = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SMALL = [
  'run',
  'mnist-fashion',
  '--quick',
  '--method',
  'none',
  '--method',
  'ewc',
  '--seeds',
  '2',
  '--threads',
  '1',
]
const at = (name: string) => join(folder, name)
const read = (name: string) =>
  JSON.parse(readFileSync(at(name), 'utf8')) as Omit<Report, 'runs'> & { readonly runs: readonly RunRecord[] }

/** what a run must give whenever it runs: all but the time it took */
const found = ({ runs }: ReturnType<typeof read>) =>
  runs.map(({ seconds: _, ...rest }) => rest).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
const figures = ({ figures }: ReturnType<typeof read>) =>
  figures.map(({ params, ...rest }) => ({ ...rest, params: { ...params, seconds: 0 } }))

function expectSame(name: string, other: string): void {
  expect(found(read(name))).toEqual(found(read(other)))
  expect(figures(read(name))).toEqual(figures(read(other)))
}

beforeAll(() => {
  const { status, stderr } = palimpsest(...SMALL, '--json', at('whole.json'))
  expect(status, stderr).toBe(0)
}, 180_000)

describe('a stream', () => {
  it('has a run a method and seed, with the whole matrix, and what it was trained by', () => {
    const { bench, options, runs } = read('whole.json')
    expect(bench).toBe('mnist-fashion')
    expect(options).toMatchObject({ protocol: 'article', scenarios: ['domain'], methods: ['none', 'ewc'], seeds: 2 })
    expect(options).toMatchObject({
      part: 'quick',
      share: 0.05,
      settings: { hidden: [100], batchSize: 100 },
      merged: [],
    })
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual(['none 1', 'ewc 1', 'none 2', 'ewc 2'])
    for (const { accuracy, before, untrained, weights, seconds, stateBytes, method } of runs) {
      expect(accuracy.map((row) => row.length)).toEqual([1, 2])
      expect([before.length, untrained.length]).toEqual([1, 2])
      for (const value of [...accuracy.flat(), ...before, ...untrained])
        expect(value * 1000).toBeCloseTo(Math.round(value * 1000))
      expect(weights).toMatch(/^[0-9a-f]{64}$/)
      expect(seconds).toBeGreaterThan(0)
      expect(stateBytes).toBe(method === 'none' ? 0 : 2 * 4 * 79_510)
    }
    expect(runs[0]?.accuracy[0]).toEqual(runs[1]?.accuracy[0])
    expect(new Set(runs.map(({ weights }) => weights)).size).toBe(4)
  })

  it('has figures that follow from the runs, and leaves nothing to go on from', () => {
    const { figures, runs } = read('whole.json')
    const averages = runs.flatMap(({ method, accuracy }) =>
      method === 'none' ? [((accuracy[1]?.[0] ?? 0) + (accuracy[1]?.[1] ?? 0)) / 2] : [],
    )
    const [first = 0, second = 0] = averages
    const figure = figures.find(({ name }) => name === 'mnist-fashion/article/domain/none/acc')
    expect(figure?.value).toBeCloseTo((first + second) / 2, 12)
    expect(figure?.std).toBeCloseTo(Math.abs(first - second) / Math.SQRT2, 12)
    expect(figures).toHaveLength(10)
    expect(existsSync(at('whole.json.runs'))).toBe(false)
  })

  it('goes on where it was killed, to the same figures and weights', async () => {
    const runs = at('killed.json.runs')
    const finished = () => (existsSync(runs) ? readFileSync(runs, 'utf8').split('\n').length - 1 : 0)
    const program = spawn(process.execPath, [MAIN, ...SMALL, '--json', at('killed.json')], { stdio: 'ignore' })
    const ended = new Promise((resolve) => program.once('exit', resolve))
    await expect.poll(finished, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0)
    program.kill('SIGKILL')
    await ended
    const before = finished()
    expect(before).toBeLessThan(4)
    expect(existsSync(at('killed.json'))).toBe(false)
    const { status, stdout, stderr } = palimpsest(...SMALL, '--json', at('killed.json'))
    expect(status).toBe(0)
    expect(stderr).toContain(`${before} runs were finished before`)
    expect(stdout).toContain(`\n${4 - before} runs in `)
    expectSame('killed.json', 'whole.json')
    expect(existsSync(runs)).toBe(false)
  }, 180_000)

  it('in two shards, merged, is the whole', () => {
    const first = palimpsest(...SMALL, '--shard', '1/2', '--json', at('one.json'))
    expect(first.status, first.stderr).toBe(0)
    expect(read('one.json').runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual(['none 1', 'none 2'])
    const second = palimpsest(...SMALL, '--shard', '2/2', '--merge', at('one.json'), '--json', at('both.json'))
    expect(second.status, second.stderr).toBe(0)
    expect(second.stdout).toContain('\n2 runs in ')
    expectSame('both.json', 'whole.json')
    const { date, commit } = read('one.json')
    expect(read('both.json').options.merged).toMatchObject([{ date, commit }])
  }, 180_000)

  it('does not run again what it is given to merge', () => {
    const again = palimpsest(...SMALL, '--merge', at('whole.json'), '--json', at('again.json'))
    expect(again.status, again.stderr).toBe(0)
    expect(again.stdout).toContain('\n0 runs in ')
    expectSame('again.json', 'whole.json')
  })
})
