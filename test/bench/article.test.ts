import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../bench/article/run.ts'
import type { Report } from '../../bench/report.ts'
import { palimpsest } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (file: string) =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<Report, 'runs'> & { runs: RunRecord[] }

describe('palimpsest run article', () => {
  let printed = ''
  let written: ReturnType<typeof read>

  beforeAll(() => {
    const { status, stdout, stderr } = palimpsest('--quick', '--seeds', '2', '--out', folder)
    expect(stderr).not.toMatch(/error/i)
    expect(status).toBe(0)
    printed = stdout
    written = read('article.json')
  }, 180_000)

  it("prints the article's table first, our row under each of its rows", () => {
    const lines = printed.split('\n')
    const at = (text: string) => lines.findIndex((line) => line.includes(text))
    expect(at('with EWC')).toBeLessThan(8)
    expect(lines[at('with EWC')]).toMatch(/the article.*\.7145.*\.8198/)
    expect(lines[at('with EWC') + 1]).toMatch(/palimpsest, same recipe.*\.\d{4} ± \.\d{4}/)
    expect(lines[at('without EWC')]).toMatch(/the article.*\.3658.*\.8635/)
    expect(at('over our 2 seeds')).toBeGreaterThan(0)
    expect(printed).toContain('These accuracies say nothing about the method')
  })

  it('writes a report of every run, with figures that follow from the runs', () => {
    const methods = ['none', 'ewc', 'joint']
    const recipes = ['published', 'recommended', 'recommended-batchnorm']
    expect(written).toMatchObject({ bench: 'article', options: { seeds: 2, epochs: 1, quick: true, recipes, methods } })
    expect(Object.keys(written.machine)).toEqual(['cpu', 'cores', 'isa', 'threads', 'loadAverage'])
    expect(written.runs).toHaveLength(2 * (recipes.length * methods.length + 15))
    for (const recipe of recipes)
      for (const method of methods)
        for (const what of ['mnist', 'fashion', 'average'] as const) {
          const values = written.runs
            .filter((run) => run.recipe === recipe && run.method === method)
            .map(({ after }) => after.at(-1) ?? { mnist: Number.NaN, fashion: Number.NaN })
            .map(({ mnist, fashion }) => ({ mnist, fashion, average: (mnist + fashion) / 2 })[what])
          const figure = written.figures.find(({ name }) => name === `article/${recipe}/${method}/${what}`)
          const [first = Number.NaN, second = Number.NaN] = values
          expect(figure?.n).toBe(2)
          expect(figure?.value).toBeCloseTo((first + second) / 2, 12)
          expect(figure?.std).toBeCloseTo(Math.abs(first - second) / Math.SQRT2, 12)
        }
    expect(written.figures.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['article/seconds', 'article/peak-rss-mb']),
    )
  })

  it('evaluates after each task, and joint training once', () => {
    for (const { method, after, weights, seconds } of written.runs) {
      expect(after).toHaveLength(method === 'joint' ? 1 : 2)
      expect(weights).toMatch(/^[0-9a-f]{64}$/)
      expect(seconds).toBeGreaterThan(0)
    }
  })

  it('trains both methods alike on the first task, where the network has no statistics to move', () => {
    const first = (method: string) =>
      written.runs.find((run) => run.recipe === 'recommended' && run.method === method && run.seed === 1)?.after[0]
    expect(first('ewc')).toEqual(first('none'))
  })

  it('gives the same weights on any number of threads', () => {
    const file = join(folder, 'one.json')
    palimpsest('run', 'article', '--quick', '--threads', '1', '--recipe', 'published', '--json', file)
    const weights = (report: ReturnType<typeof read>) =>
      report.runs.filter(({ recipe, seed }) => recipe === 'published' && seed === 1).map((run) => run.weights)
    expect(weights(read('one.json'))).toEqual(weights(written))
  })

  it('says in the report what was run, with the tables that were printed', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8').replaceAll(/data:image[^"]*/g, '')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).toContain('These accuracies say nothing about the method')
    for (const [cell] of printed.matchAll(/\.\d{4} ± \.\d{4}/g)) expect(page).toContain(cell)
    expect(page).toContain('seeds 1 to 2')
    expect(page).not.toMatch(/NaN|undefined|<script|https?:\/\/(?!www\.w3\.org)/)
  })

  it('makes the report out of more runs, which change no figure', () => {
    const more = written.runs.slice(-30)
    expect(more.map(({ recipe }) => recipe.split('/')[0])).not.toContain('recommended')
    const end = (recipe: string) =>
      written.runs.find((run) => run.recipe === recipe && run.method === 'ewc' && run.seed === 1)?.weights
    expect(end('trace/recommended')).toBe(end('recommended'))
    expect(end('trace/published')).toBe(end('published'))
    expect(end('sweep/lambda-100')).toBe(end('recommended'))
    for (const { trace, after } of more.filter(({ recipe }) => recipe === 'trace/recommended')) {
      expect(trace?.[0]).toEqual({ share: 0, ...after[0] })
      expect(trace?.at(-1)).toEqual({ share: 1, ...after[1] })
      expect(trace?.length).toBeGreaterThan(15)
    }
  })

  it('looks into the networks: less moved where the Fisher is large, with EWC', () => {
    const look = (method: string) =>
      written.runs.find((run) => run.recipe === 'trace/recommended' && run.method === method)?.anatomy
    const [none, ewc] = [look('none'), look('ewc')]
    expect(ewc?.cost).toBeLessThan((none?.cost ?? 0) / 2)
    expect(ewc?.movement.map(({ count }) => count)).toEqual(none?.movement.map(({ count }) => count))
    expect(ewc?.firing.before).toHaveLength(100)
    expect(ewc).not.toHaveProperty('pictures')
  })
})
