import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { figuresOf } from '../../bench/speed/print.ts'
import { foundOf, outlinesOf, savedReport } from '../../bench/speed/saved.ts'
import { ROOT } from '../docs/pages.ts'
import { palimpsest } from './command.ts'

const RESULT = `${ROOT}bench/results/speed.json`
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const speed = (...args: readonly string[]) => palimpsest('speed', ...args)

describe('palimpsest speed --from', () => {
  it('prints and draws a report again, and writes it as it was', () => {
    const { status, stdout, stderr } = speed('--from', RESULT, '--json', join(folder, 'again.json'), '--out', folder)
    expect(status, stderr).toBe(0)
    const { figures, date, machine } = savedReport(RESULT)
    expect(stdout).toContain(`load average ${machine.loadAverage.toFixed(2)} before`)
    for (const { name } of figures.filter(({ unit }) => unit !== 'ratio')) expect(stdout).toContain(`│ ${name} `)
    expect(text('again.json')).toBe(readFileSync(RESULT, 'utf8'))
    expect(text('speed.json')).toBe(readFileSync(RESULT, 'utf8'))
    expect(text('index.html')).toContain(date.slice(0, 10))
    for (const { name } of figures) expect(text('index.html'), name).toContain(name)
  })

  it('writes into a checkout what its documents quote', () => {
    const files = ['docs/speed.md', 'README.md', 'README.ja.md']
    for (const file of files) {
      const committed = readFileSync(`${ROOT}${file}`, 'utf8')
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), committed.replace(/(<!-- speed: \w+ -->\n).*?(\n<!-- speed -->)/gs, '$1old$2'))
    }
    const { status, stderr } = speed('--from', RESULT, '--document', folder)
    expect(status, stderr).toBe(0)
    for (const file of [...files, 'docs/figures/speed-parts.svg', 'docs/figures/speed-roof.svg'])
      expect(text(file), file).toBe(readFileSync(`${ROOT}${file}`, 'utf8'))
  })

  it.each([
    ['nothing.json', null, 'nothing.json cannot be read'],
    ['broken.json', '{', 'broken.json cannot be read'],
    ['article.json', '{ "bench": "article" }', "is a report of 'article', expected 'speed'"],
    ['old.json', '{ "bench": "speed", "figures": [] }', 'is of an older version'],
  ])('refuses %s', (name, content, message) => {
    if (content !== null) writeFileSync(join(folder, name), content)
    const { status, stderr } = speed('--from', join(folder, name))
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })

  it('refuses to document a report without all of its figures', () => {
    const report = savedReport(RESULT)
    const figures = report.figures.filter(({ name }) => name !== 'gather/100')
    cpSync(`${ROOT}README.md`, join(folder, 'README.md'))
    writeFileSync(join(folder, 'some.json'), JSON.stringify({ ...report, figures }))
    const { status, stderr } = speed('--from', join(folder, 'some.json'), '--document', folder)
    expect(status).toBe(2)
    expect(stderr).toContain('--document: the report has no figure gather/100')
    expect(text('README.md')).toBe(readFileSync(`${ROOT}README.md`, 'utf8'))
  })
})

it('sections of a report come back as they were shown', () => {
  const report = savedReport(RESULT)
  const found = foundOf(report)
  expect(outlinesOf(found)).toEqual(report.sections)
  expect(figuresOf(found)).toEqual(report.figures)
})
