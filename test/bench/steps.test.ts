import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../../bench/report.ts'
import { BOUNDS, faultsOf, type Look, slopeOf, watch } from '../../bench/speed/endurance.ts'
import { palimpsest } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('palimpsest steps', () => {
  it('finds that memory is flat, and writes what it saw', () => {
    const file = join(folder, 'steps.json')
    const { status, stdout, stderr } = palimpsest('steps', '--count', '400', '--json', file)
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('Memory is flat, and no step makes a typed array.')
    const { figures, runs } = JSON.parse(readFileSync(file, 'utf8')) as Omit<Report, 'runs'> & {
      runs: readonly Look[]
    }
    expect(runs.map(({ step }) => step)).toEqual(Array.from({ length: 21 }, (_, index) => 20 * index))
    const growth = figures.find(({ name }) => name === 'steps/784-100-10/100/array-buffers/growth')
    expect(growth?.value).toBe((runs.at(-1)?.arrayBuffers ?? 0) - (runs[0]?.arrayBuffers ?? 0))
    expect(growth?.target).toBe(BOUNDS.arrayBuffers)
    expect(figures.find(({ name }) => name === 'steps/784-100-10/100/new-arrays')).toMatchObject({
      value: 0,
      target: 0,
    })
  })

  it('has a help of its own', () => {
    const { status, stdout } = palimpsest('steps', '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('--count N')
  })

  it('refuses fewer steps than it looks at', () => {
    const { status, stderr } = palimpsest('steps', '--count', '19')
    expect(status).toBe(2)
    expect(stderr).toContain("--count is '19', expected a whole number of at least 20")
  })
})

describe('what is not flat', () => {
  it('is an array that every step keeps', () => {
    const kept: Float32Array[] = []
    const looks = watch(() => void kept.push(new Float32Array(100)), 1000)
    const faults = faultsOf(looks)
    expect(faults.find((fault) => fault.startsWith('arrayBuffers grew by'))).toBeDefined()
    // 400 bytes a step, and those of each look
    expect(slopeOf(looks, 'arrayBuffers')).toBeGreaterThan(400)
    expect(slopeOf(looks, 'arrayBuffers')).toBeLessThan(1000)
    expect(kept.length).toBeGreaterThan(1000)
  })

  it('is an array that every step drops', () => {
    let last = new Float32Array(0)
    const looks = watch(() => {
      last = new Float32Array(1000)
    }, 100)
    expect(last).toHaveLength(1000)
    expect(faultsOf(looks)).toEqual(['a step makes typed arrays of 4000 bytes, expected none'])
  })

  it('is not what stays where it is', () => {
    const one = { rss: 1, heapUsed: 1, external: 1, arrayBuffers: 1, arrayBytesAStep: 0 }
    const looks = [0, 10, 20].map((step): Look => ({ ...one, step, rss: step * 3 }))
    expect(faultsOf(looks)).toEqual([])
    expect(slopeOf(looks, 'rss')).toBe(3)
    const grown = { ...one, step: 30, rss: BOUNDS.rss + 1 }
    expect(faultsOf([...looks, grown])).toEqual([`rss grew by ${BOUNDS.rss + 1} bytes, more than ${BOUNDS.rss}`])
  })
})
