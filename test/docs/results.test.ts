import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../bench/options.ts'
import { documents } from '../../bench/streams/documents.ts'
import { figuresOf, rowsOf } from '../../bench/streams/figures.ts'
import { fileOf, type Part, type StreamReport } from '../../bench/streams/parts.ts'
import { committedReports } from '../../bench/streams/results.ts'
import { chosen, shownWith } from '../../bench/streams/settings.ts'
import { targetTable } from '../../bench/streams/target-table.ts'
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
        figures.map(({ name, value, n, std, params = {} }) => {
          const { settings, tunedOn } = params
          return { name, value, n, std, settings, tunedOn }
        })
      expect(values(again)).toEqual(values(report.figures))
    },
  )

  it('stands in README', () => {
    for (const path of ['README.md', 'README.ja.md'])
      expect(read(path)).toMatch(/<!-- results: targets -->\n\| protocol .*\n.*\n\| article \|/)
  })
})

describe('the results page', () => {
  const { settings } = chosen('article', 'domain', 'ewc')
  const runs = [
    record(),
    joint(),
    record({ method: 'ewc', settings, seed: 1, accuracy: [[0.96], [0.94, 0.85]], stateBytes: 636_080 }),
    record({ method: 'ewc', settings, seed: 2, accuracy: [[0.96], [0.96, 0.85]], stateBytes: 636_080 }),
    record({ method: 'replay', storesSamples: true, stateBytes: 793_000, accuracy: [[0.96], [0.99, 0.97]] }),
  ]
  const figures = figuresOf(rowsOf(runs))
  const report = {
    ...{ bench: 'mnist-fashion', version: '1.2.3', commit: `${'a'.repeat(40)}-dirty`, node: 'v20.0.0' },
    ...{ date: '2026-01-02T03:04:05.000Z', machine: { cpu: 'Abacus', cores: 3, isa: 'beads' } },
    options: { merged: [{ date: '2026-01-01T00:00:00.000Z', commit: 'b'.repeat(40) }] },
    ...{ figures, runs },
  } as unknown as StreamReport
  const files = documents([report], (path) => `${path}\n<!-- results: targets -->\nold\n<!-- results -->\nend`)
  const page = files.get('docs/results.md') ?? ''
  const line = (start: string) => page.split('\n').find((one) => one.startsWith(start)) ?? ''

  it('has every method with seeds, measures, cost, and what it was tuned on', () => {
    expect(line('| ewc |')).toBe(
      '| ewc | lambda 100, floor 1, floor units silent, reset, later rate 0.003, later schedule linear decay | 2 | .9000 ± .0071 | −.0100 | .1250 | .0100 | .9050 | 3.0 s | 636 KB | no | all-tasks |',
    )
    expect(line('| joint |')).toBe('| joint |  | 1 | .9100 |  |  |  |  | 3.0 s | all tasks | yes | nothing |')
    expect(line('| replay |')).toContain('| 793 KB | yes |')
  })

  it('judges targets, ours beside published ones, and replay is no candidate', () => {
    const beyond = 'floor 1, floor units silent, reset, later rate 0.003, later schedule linear decay'
    const ours = `ewc (${beyond}) .9000 ± .0071`
    expect(line('| article |')).toBe(
      `| article | EWC .7671 (one draw, another network) | ${ours} | 636 KB | .8920 (.8970): met, stretch within the spread | ${ours} | 636 KB | .9050 (.9090): missed | .9100 |`,
    )
    expect(line('| kutalev |')).toContain('|  |  | .9510 (.9550) |  |  | .9600 (.9680) |  |')
  })

  it('says where it is from, and how to have it again', () => {
    expect(page).toContain(
      '2026-01-02, palimpsest 1.2.3, commit aaaaaaaaaaaa with changes, Node v20.0.0, Abacus, 3 cores',
    )
    expect(page).toContain('With runs of 2026-01-01, commit bbbbbbbbbbbb.')
    expect(page).toContain(
      `    npm run bench -- run mnist-fashion --protocol article --scenario domain --method ewc --seeds 2 --set '${JSON.stringify(settings)}'`,
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

describe('the table of targets', () => {
  const at = (protocol: 'kutalev' | 'van-de-ven-permuted', settings: object, ...values: number[]) =>
    values.map((value, index) =>
      record({
        ...{ protocol, method: 'ewc-online' as const, settings, seed: index + 1, stateBytes: 2_340_000 },
        accuracy: [[0.96], [value, value]],
      }),
    )
  const part = (protocol: 'kutalev' | 'van-de-ven-permuted', runs: ReturnType<typeof at>): Part => ({
    ...{ report: {} as StreamReport, protocol, scenario: 'domain', rows: rowsOf(runs) },
  })
  const [first, plain] = shownWith('kutalev', 'domain', 'ewc-online').map(({ settings }) => settings)

  it('says what a row has beyond its protocol, what it keeps, and how it does without', () => {
    const text = targetTable([
      part('kutalev', [...at('kutalev', first ?? {}, 0.954, 0.957), ...at('kutalev', plain ?? {}, 0.946, 0.948)]),
    ])
    expect(text).toContain(
      '| ewc-online (average 1) .9555 ± .0021 | 2.3 MB | .9510 (.9550): met, stretch within the spread |',
    )
    expect(text).toContain(
      '- kutalev, diagonal EWC as the protocol has it, without average 1: ewc-online has .9470 ± .0014 (.9510 is asked for: missed).',
    )
  })

  it('says of published numbers what they are not', () => {
    const text = targetTable([])
    expect(text).toContain('online EWC .8522 (lambda too small)')
    expect(text).toContain('online EWC .5760 (lambda too small)')
    expect(text).toContain('online EWC .1990 (lambda too small)')
    expect(text).toContain('K-FAC .9000 ("over 90")')
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
