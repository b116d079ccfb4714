import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Report } from '../../bench/report.ts'
import { interleave, type Sample } from '../../bench/speed/measure.ts'
import { palimpsest } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('measures every shape under every table, and ratios follow from the samples of the same round', () => {
  const file = join(folder, 'speed.json')
  const { status, stdout } = palimpsest('speed', '--rounds', '2', '--json', file)
  expect(status).toBe(0)
  expect(stdout).toMatch(/FMA peak \d+\.\d GF\/s/)
  const { figures, runs } = JSON.parse(readFileSync(file, 'utf8')) as Omit<Report, 'runs'> & {
    runs: { name: string; samples: Sample[] }[]
  }
  const samples = (name: string) => runs.find((run) => run.name === name)?.samples ?? []
  const tables = runs.flatMap(({ name }) => (name.startsWith('peak/') ? [name.slice(5)] : []))
  for (const table of tables) {
    const name = `gemm/100x100x784/nt/${table}`
    const speeds = samples(name).map(({ seconds }) => (2 * 100 * 100 * 784) / seconds / 1e9)
    expect(speeds).toHaveLength(table === 'portable' ? 1 : 2)
    const figure = figures.find((one) => one.name === name)
    expect(figure?.value).toBeCloseTo(speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length, 6)
    const ratio = figures.find((one) => one.name === `${name}/peak-ratio`)
    expect(ratio?.value).toBeGreaterThan(0)
    expect(ratio?.target).toBe(table === 'portable' ? undefined : 0.75)
  }
  expect(figures.find(({ name }) => name === 'step/784-100-10/100/1/bound-ratio')?.target).toBe(1.45)
})

it('takes turns, a call to warm up and a sample a round for each subject', () => {
  const order: string[] = []
  const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  const subject = (name: string) => ({
    name,
    run() {
      order.push(name)
      wait()
    },
  })
  const samples = interleave([subject('a'), subject('b')], 3)
  expect(order.slice(-8).join('')).toBe('aabbaabb')
  for (const taken of samples.values()) for (const { seconds } of taken) expect(seconds).toBeGreaterThan(0.004)
})
