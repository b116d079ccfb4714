import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../bench/options.ts'
import type { Figure, Report } from '../../bench/report.ts'
import { documents, PAGE } from '../../bench/service/document/index.ts'
import { spansSvg } from '../../bench/service/document/spans.ts'
import { NET } from '../../bench/service/inside.ts'
import { ROOT, read } from './pages.ts'

describe('what documents quote of the benches of a service', () => {
  const files = documents(ROOT)

  it.each([...files.keys()])('%s is what "service --document ." writes', (path) =>
    expect(read(path)).toBe(files.get(path)),
  )

  it('shows every picture, and none of what is there no more', () => {
    const drawn = readdirSync(`${ROOT}docs/figures`).filter((name) => name.startsWith('service-'))
    expect([...files.keys()].toSorted()).toEqual([...drawn.map((name) => `docs/figures/${name}`), PAGE].toSorted())
    for (const name of drawn) expect(files.get(PAGE)).toContain(`](figures/${name})`)
  })

  it('is linked to where a reader begins', () => {
    for (const path of ['README.md', 'README.ja.md']) expect(read(path)).toContain('](docs/service-results.md)')
    expect(read('docs/serving.md')).toContain('](service-results.md)')
  })
})

describe('the page', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'palimpsest-results-'))
    mkdirSync(join(root, 'bench/results'), { recursive: true })
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const ORIGIN = {
    ...{ version: '1.2.3', commit: `${'a'.repeat(40)}-dirty`, node: 'v20.0.0', date: '2026-01-02T03:04:05.000Z' },
    machine: { cpu: 'Abacus', cores: 3, isa: 'beads', threads: 1, loadAverage: 0.25 },
  }
  const write = (file: string, bench: string, content: Partial<Report>) =>
    writeFileSync(
      join(root, 'bench/results', file),
      JSON.stringify({ bench, ...ORIGIN, options: {}, figures: [], runs: [], ...content }),
    )
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({
    ...{ name, value, unit: 'ms', n: 9, std: 0, better: 'lower' },
    ...more,
  })
  const page = () => documents(root).get(PAGE) ?? ''
  const line = (start: string) =>
    page()
      .split('\n')
      .find((one) => one.startsWith(start))

  const HTTP = ['idle', 'training'].flatMap((state, busy) => {
    const [path, params] = [`service/http/${NET}/${state}`, busy ? { learnCallsASecond: 41.23 } : {}]
    return [
      figure(`${path}/requests`, 2000 / (busy + 1), { params }),
      figure(`${path}/p50`, 1),
      figure(`${path}/p99`, 9),
    ]
  })
  const LOOP = [
    ...['idle', 'training'].flatMap((state, busy) => {
      const target = busy ? { target: 5 } : {}
      const delays = ['nothing', 'single-rows', 'batches-of-32'].flatMap((work, index) => {
        const path = `service/delay/${NET}/${state}/${work}`
        return [
          figure(`${path}/p50`, 0.1),
          figure(`${path}/p99`, 1 + busy * 3 * index, { ...target, params: { most: 77 } }),
          figure(`${path}/timer-p99`, 2, target),
        ]
      })
      const rates = ['single-rows', 'batches-of-32'].map((work) =>
        figure(`service/predictions/${NET}/${state}/${work}`, 1234.5),
      )
      return [...delays, ...rates]
    }),
    figure(`service/learn/${NET}/steps`, 33),
    figure(`service/learn/${NET}/round-trip`, 12, { params: { p99: 34 } }),
    figure(`service/publish/${NET}/interval`, 25, { target: 20, better: 'higher' }),
  ]

  it('has no section of what was not measured, and refuses a report of something else', () => {
    expect([...documents(root).keys()]).toEqual([PAGE])
    expect(page()).not.toContain('\n## ')
    write('service.json', 'service', { figures: LOOP })
    expect(page().match(/^## .*/gm)).toEqual(['## How late the event loop is'])
    write('crash.json', 'speed', {})
    expect(() => documents(root)).toThrow(UsageError)
  })

  it('tells how late the event loop was, and judges it', () => {
    write('service.json', 'service', { figures: LOOP })
    expect(page()).toContain(
      'service.json): 2026-01-02, palimpsest 1.2.3, commit aaaaaaaaaaaa with changes, Node v20.0.0, Abacus, 3 cores, beads. Load average before: 0.25.',
    )
    expect(line('| idle | nothing')).toBe('| idle | nothing | 0.100 ms | 1.00 ms | 2.00 ms | 77.0 ms |  |')
    expect(line('| training | a row')).toContain('| 0.100 ms | 4.00 ms | 2.00 ms | 77.0 ms | \u2264 5: met |')
    expect(line('| training | 32 rows')).toContain('| 0.100 ms | 7.00 ms | 2.00 ms | 77.0 ms | \u2264 5: missed |')
    expect(line('| single rows')).toBe('| single rows | 1,235 | 1,235 |')
    write('service.json', 'service', { figures: LOOP.slice(1) })
    expect(() => documents(root)).toThrow(/no figure service\/delay\/784-1000-1000\/idle\/nothing\/p50/)
  })

  it('tells what clients see', () => {
    write('service.json', 'service', { figures: [...LOOP, ...HTTP] })
    expect(line('| training | 1')).toBe('| training | 1,000 | 1 ms | 9 ms |')
    expect(page()).toContain('41.2 such calls were answered a second')
    expect(documents(root).get('docs/figures/service-http.svg')).toContain('>2,000 requests a second<')
  })

  it('tells how long openings take, sizes in their order, with the targets that were set', () => {
    const tenants = (inputs: number, cold: number) => {
      const path = `tenants/${inputs}`
      const spans = ['open/cold', 'open/warm', 'learn', 'predict'].flatMap((span) =>
        [50, 99].map((q) => {
          const judged = span === 'open/cold' && q === 50 && inputs === 384
          return figure(`${path}/${span}/p${q}`, span === 'open/cold' ? cold : 0.5, judged ? { n: 300, target: 5 } : {})
        }),
      )
      const rest = ['openings', 'evictions', 'resident-bytes', 'peak-rss'].map((name) => figure(`${path}/${name}`, 2e6))
      write(`tenants-${inputs}.json`, 'tenants', {
        figures: [...spans, ...rest],
        options: { budget: 4e6 },
        runs: [{ inputs, tenants: 1000, learnt: 900, opened: 5000, diskBytes: 6e8 }],
      })
    }
    tenants(1536, 60)
    tenants(384, 6)
    expect(line('|  | 384')).toBe('|  | 384 inputs | 1,536 inputs |')
    expect(line('| bytes of a tenant')).toContain('| 0.600 MB | 0.600 MB |')
    expect(line('| openings, of which cold')).toContain('| 5,000, 300 | 5,000, 9 |')
    expect(line('| learnt a batch')).toContain('| 900 | 900 |')
    expect(line('| cold')).toContain('| 6.00 ms, p99 6.00 ms | 60.0 ms, p99 60.0 ms |')
    expect(line('| target of the cold median')).toContain('| \u2264 5: missed |  |')
    expect(line('| target of the cold p99')).toBeUndefined()
    expect(line('| models in memory')).toContain('| 2.00 MB of 4.00 MB |')
  })

  it('counts what a kill lost, and marks it', () => {
    const kill = { kind: 'network', confirmed: 2, found: 2, torn: false, fault: null }
    const runs = [
      kill,
      { ...kill, found: 4, torn: true },
      { ...kill, kind: 'analytic', fault: 'there is no such file' },
    ]
    write('crash.json', 'crash', { options: { within: 600 }, figures: [figure('crash/left', 1)], runs })
    expect(line('| network')).toBe('| network | 2 | 4 | 1 | 1 | 0 |')
    expect(page()).toContain('cut off: 1 were there in the end')
    expect(line('| analytic')).toBe('| analytic | 1 | 2 | 0 | 0 | 1 |')
    const drawn = documents(root).get('docs/figures/service-kills.svg') ?? ''
    expect(drawn.match(/<circle/g)).toHaveLength(2)
    expect(drawn).toContain('stroke="var(--none)"')
  })

  it('adds up what was fuzzed, and shows memory that was given back', () => {
    const found = { name: 'idx', executions: 1000, seconds: 2, covered: 1234, unit: 'edges', corpus: 1, crashes: [] }
    write('fuzz.json', 'fuzz', { runs: [found, { ...found, name: 'states', crashes: ['one'] }] })
    expect(page()).toContain('2,000 hostile inputs')
    expect(line('| states')).toBe('| states | 1,000 | 500 | 1,234 edges | 1 |')
    const looks = [0, 60].map((seconds) => ({ seconds, rounds: 5000, rss: 5e7 - seconds * 1e4 }))
    const half = { params: { half95: 0.25 } }
    const growth = { rss: -3 * 2 ** 20, handles: 0, threads: 1 }
    write('soak.json', 'soak', {
      options: { minutes: 10 },
      runs: [{ name: 'models', looks }],
      figures: [
        figure('soak/models/rss/slope', -1.5, half),
        ...Object.entries(growth).map(([what, value]) => figure(`soak/models/${what}/growth`, value)),
      ],
    })
    expect(line('| models')).toBe('| models | 5,000 | \u22121.50 \u00b1 0.25 MB | \u22123.00 MB | 0 | 1 |')
  })
})

it('a delay is drawn at its place beside the limit', () => {
  const span = { label: 'a', p50: 1, p99: 4, colour: 'red', text: '' }
  const places = (limit: number) => {
    const drawn = spansSvg('', [span, { ...span, label: 'b', p99: 9 }], limit)
    // the last line: those before it are of the grid
    const at = [...drawn.matchAll(/<line[^>]* x1="([\d.]+)"/g)].at(-1)?.[1]
    return { at: Number(at), dots: [...drawn.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x)) }
  }
  const { at, dots } = places(6)
  const [a50, b50, a99, b99] = dots as [number, number, number, number]
  expect(a50).toBe(b50)
  expect(a99).toBeLessThan(at)
  expect(b99).toBeGreaterThan(at)
  // decades: 4 is twice as far from 1 as 2 would be
  expect((a99 - a50) / (b99 - b50)).toBeCloseTo(Math.log(4) / Math.log(9), 6)
  expect(places(4).at).toBeCloseTo(places(4).dots[2] as number, 6)
})
