import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../bench/options.ts'
import { documents } from '../../bench/streams/documents.ts'
import { figuresOf, rowsOf } from '../../bench/streams/figures.ts'
import { fileOf, type StreamReport } from '../../bench/streams/parts.ts'
import { committedReports } from '../../bench/streams/results.ts'
import { joint, record } from '../bench/stream-records.ts'
import { ROOT, read } from './pages.ts'

const committed = committedReports(ROOT)

describe('what documents quote of the results of streams', () => {
  const files = documents(committed, read)

  it.each([...files.keys()])('%s is what "results --document ." writes', (path) =>
    expect(read(path)).toBe(files.get(path)),
  )

  it('has no picture of what is there no more', () => {
    const drawn = readdirSync(`${ROOT}docs/figures`).filter((name) => name.startsWith('results-'))
    for (const name of drawn) expect([...files.keys()]).toContain(`docs/figures/${name}`)
  })

  it.each(committed.map((report) => ({ report, protocol: String(report.options.protocol) })))(
    '$protocol: its figures follow from its runs',
    ({ report }) => {
      const again = figuresOf(rowsOf(report.runs))
      const values = (figures: StreamReport['figures']) =>
        figures.map(({ name, value, n, std, params }) => ({ name, value, n, std, settings: params?.settings }))
      expect(values(again)).toEqual(values(report.figures))
    },
  )

  it('stands in README', () => {
    for (const path of ['README.md', 'README.ja.md'])
      expect(read(path)).toMatch(/<!-- results: targets -->\n\| protocol .*\n.*\n\| article \|/)
  })
})

describe('the results page', () => {
  const runs = [
    record(),
    joint(),
    record({ method: 'ewc', settings: { lambda: 7 }, seed: 1, accuracy: [[0.96], [0.94, 0.85]], stateBytes: 636_080 }),
    record({ method: 'ewc', settings: { lambda: 7 }, seed: 2, accuracy: [[0.96], [0.96, 0.85]], stateBytes: 636_080 }),
    record({ method: 'replay', storesSamples: true, stateBytes: 793_000, accuracy: [[0.96], [0.99, 0.97]] }),
  ]
  // as if settings had been chosen otherwise since
  const figures = figuresOf(rowsOf(runs)).map((figure) => ({
    ...figure,
    params: { ...figure.params, tunedOn: 'other-stream' },
  }))
  const report = {
    ...{ bench: 'mnist-fashion', version: '1.2.3', commit: `${'a'.repeat(40)}-dirty`, node: 'v20.0.0' },
    ...{ date: '2026-01-02T03:04:05.000Z', machine: { cpu: 'Abacus', cores: 3, isa: 'beads' } },
    options: { merged: [{ date: '2026-01-01T00:00:00.000Z', commit: 'b'.repeat(40) }] },
    ...{ figures, runs },
  } as unknown as StreamReport
  const files = documents([report], (path) => `${path}\n<!-- results: targets -->\nold\n<!-- results -->\nend`)
  const page = files.get('docs/results.md') ?? ''
  const line = (start: string) => page.split('\n').find((one) => one.startsWith(start)) ?? ''

  it('has every method with seeds, measures, cost, and what it was tuned on when it ran', () => {
    expect(line('| ewc |')).toBe(
      '| ewc | lambda 7 | 2 | .9000 ± .0071 | −.0100 | .1250 | .0100 | .9050 | 3.0 s | 636 KB | no | other-stream |',
    )
    expect(line('| joint |')).toBe('| joint |  | 1 | .9100 |  |  |  |  | 3.0 s | all tasks | yes | other-stream |')
    expect(line('| replay |')).toContain('| 793 KB | yes |')
  })

  it('judges targets, ours beside published ones, and replay is no candidate', () => {
    expect(line('| article |')).toBe(
      '| article | EWC .7671 | ewc .9000 ± .0071 | .8920 (.8970): met, stretch met | ewc .9000 ± .0071 | .9050 (.9090): missed | .9100 |',
    )
    expect(line('| kutalev |')).toContain('|  | .9510 (.9550) |  | .9600 (.9680) |  |')
  })

  it('says where it is from, and how to have it again', () => {
    expect(page).toContain(
      '2026-01-02, palimpsest 1.2.3, commit aaaaaaaaaaaa with changes, Node v20.0.0, Abacus, 3 cores',
    )
    expect(page).toContain('With runs of 2026-01-01, commit bbbbbbbbbbbb.')
    expect(page).toContain(
      `    npm run bench -- run mnist-fashion --protocol article --scenario domain --method ewc --seeds 2 --set '{"lambda":7}'`,
    )
    expect(page).toContain('](../bench/results/mnist-fashion-article.json)')
  })

  it('has its pictures, and its table in README', () => {
    const svg = files.get('docs/figures/results-article-domain.svg') ?? ''
    expect(page).toContain('](figures/results-article-domain.svg)')
    expect(svg).toMatch(/^<svg[^>]* aria-label="Average accuracy of each method/)
    expect(svg).toContain('.9000 ± .0071')
    expect(svg).not.toMatch(/NaN|undefined/)
    expect(files.get('README.md')).toMatch(
      /^README\.md\n<!-- results: targets -->\n\| protocol .*\n<!-- results -->\nend$/s,
    )
    expect(files.get('README.md')).not.toContain('old')
  })
})

it('results of a part of the images or the budget are refused', () => {
  const root = mkdtempSync(join(tmpdir(), 'palimpsest-'))
  mkdirSync(join(root, 'bench/results'), { recursive: true })
  expect(committedReports(root)).toEqual([])
  for (const less of [{ part: 'held-out' }, { share: 0.5 }] as const) {
    writeFileSync(join(root, fileOf('article')), JSON.stringify({ runs: [record(), record(less)] }))
    expect(() => committedReports(root)).toThrow(UsageError)
  }
  writeFileSync(join(root, fileOf('article')), JSON.stringify({ runs: [record()] }))
  expect(committedReports(root)).toHaveLength(1)
  rmSync(root, { recursive: true })
})
