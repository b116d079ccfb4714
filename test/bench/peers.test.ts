import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BANDS } from '../../bench/article/figures.ts'
import type { RunRecord } from '../../bench/article/run.ts'
import { summarize } from '../../bench/format.ts'
import { figuresOfPeers, type Pair, type PeersReport, SETUPS } from '../../bench/peers/measure.ts'
import { Missing, parseRun, versionsOf } from '../../bench/peers/python.ts'
import { speedSection } from '../../bench/peers/section.ts'
import { committedPeers, linesOf, oursOf, speedFigures, speedSentences } from '../../bench/peers/sentences.ts'
import { palimpsest } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const LINE =
  '{"python": "3.11.7", "torch": "2.5.1", "threads": 1, "variant": "memory", "epochs": 4, "images": null, "seed": 1, "seconds": 10.5, "mnist": 0.59, "fashion": 0.81}'

const pair = (setup: string, ours: number, theirs: number, seed = 1): Pair => ({
  setup,
  seed,
  loadAverage: 0.5,
  ours,
  theirs,
  threads: 1,
  mnist: 0.6,
  fashion: 0.8,
})
const PAIRS = [
  pair('article-dataloader', 2, 12),
  pair('article-memory', 2, 6),
  pair('article-memory', 3, 6, 2),
  pair('article-memory', 4, 16, 3),
]
const record: RunRecord = { recipe: 'published', method: 'ewc', seed: 1, after: [], seconds: 3.4, weights: '' }
const rows = [
  { recipe: 'published', method: 'ewc' as const, runs: [record], values: { mnist: [], fashion: [], average: [] } },
]

describe('what article.py prints', () => {
  it('is read from its last line', () => {
    expect(parseRun(`a warning\n${LINE}\n`)).toMatchObject({ torch: '2.5.1', seconds: 10.5, mnist: 0.59 })
  })

  it.each([
    ['', 'JSON'],
    ['[]', 'versions'],
    [LINE.replace('10.5', '"long"'), 'seconds'],
    [LINE.replace('10.5', '0'), 'seconds'],
    [LINE.replace('"mnist": 0.59', '"mnist": null'), 'mnist'],
  ])('is refused when it is %j', (text, message) => expect(() => parseRun(text)).toThrow(message))
})

describe('ratios', () => {
  const figures = figuresOfPeers(PAIRS)
  const value = (name: string) => figures.find((figure) => figure.name === name)?.value

  it('are theirs over ours, taken within pairs, the median', () => {
    expect(value('peer/pytorch/article-dataloader/ratio')).toBe(6)
    expect(value('peer/pytorch/article-memory/ratio')).toBe(3)
    expect(value('article/published-run-seconds')).toBe(2.5)
  })

  it('leave out what was not measured', () => expect(figures).toHaveLength(3))
})

describe('without PyTorch', () => {
  it('a Python that does not start is named', () => {
    expect(() => versionsOf('/nonexistent')).toThrow(Missing)
    expect(() => versionsOf('/nonexistent')).toThrow(/\/nonexistent does not start.*--python/)
  })

  it.skipIf(process.platform === 'win32')('a Python without it says how to get it', () => {
    const python = join(folder, 'python')
    writeFileSync(python, '#!/bin/sh\nexit 3\n')
    chmodSync(python, 0o755)
    expect(() => versionsOf(python)).toThrow(/has no PyTorch; 'pip install torch'/)
  })

  it.skipIf(process.platform === 'win32')('a program that fails says why', () => {
    const python = join(folder, 'failing')
    writeFileSync(python, '#!/bin/sh\necho no such file >&2\nexit 1\n')
    chmodSync(python, 0o755)
    expect(() => versionsOf(python)).toThrow("article.py failed with 'no such file'")
  })

  it('the bench goes on and says what it skipped', () => {
    const { status, stdout } = palimpsest(
      ...['--quick', '--recipe', 'published', '--method', 'ewc', '--peers', '--python', '/nonexistent'],
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/The article's experiment \(published, ewc; not the whole of it\) took us \d+\.\d s\./)
    expect(stdout).toMatch(/^PyTorch was skipped: \/nonexistent does not start/m)
  })
})

describe('the committed measurement', () => {
  const committed = committedPeers() as PeersReport

  it('has figures that follow from its runs', () => {
    expect(committed.figures).toEqual(figuresOfPeers(committed.runs))
    for (const { name, pairs } of SETUPS)
      expect(committed.runs.filter(({ setup }) => setup === name)).toHaveLength(pairs)
  })

  it("did the article's work: mean accuracies lie where those of its own code lie", () => {
    expect(committed.options).toMatchObject({ epochs: 4, images: 60_000 })
    for (const what of ['mnist', 'fashion'] as const) {
      const { mean } = summarize(committed.runs.map((run) => run[what]))
      expect(mean).toBeGreaterThan(BANDS.ewc[what][0])
      expect(mean).toBeLessThan(BANDS.ewc[what][1])
    }
  })

  it('is what README quotes', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [, section = ''] = readme.split('## How fast')
    expect(section).toContain(`takes ${oursOf(committed).toFixed(1)} s on one thread`)
    expect(section).toContain(`PyTorch ${committed.options.torch} `)
    for (const { seconds, ratio } of linesOf(committed)) {
      expect(section).toContain(`${seconds.toFixed(1)} s`)
      expect(section).toContain(`(${ratio.toFixed(1)} times ours)`)
    }
  })

  it('is what an ordinary run and the report quote', () => {
    const [took, theirs] = speedSentences(rows, null, true)
    expect(took).toContain('took us 3.4 s')
    expect(theirs).toContain(committed.options.torch)
    expect(theirs).toContain(committed.date.slice(0, 10))
    const text = speedSection(rows, null, true)
      .parts.map((part) => part.text)
      .join('')
    for (const { seconds, ratio } of linesOf(committed)) {
      expect(text).toContain(`${seconds.toFixed(1)} s`)
      expect(text).toContain(`${ratio.toFixed(1)} \u00d7`)
    }
    expect(text).toContain(`${oursOf(committed).toFixed(1)} s`)
  })
})

describe('figures for the JSON of an ordinary run', () => {
  it('say how many runs went on at once', () => {
    const [figure] = speedFigures(rows, null, 2)
    expect(figure).toMatchObject({ name: 'article/published-run-seconds', value: 3.4, n: 1 })
    expect(figure?.params).toMatchObject({ alone: false, runsAtOnce: 2 })
  })

  it('are none without such a run', () => expect(speedFigures([], { skipped: 'no Python' }, 2)).toEqual([]))
})
