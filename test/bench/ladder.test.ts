import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { FirstLayerFreezable, STAND_INS } from '../../bench/article/controls.ts'
import { RECIPE } from '../../bench/article/recipes.ts'
import type { RunRecord } from '../../bench/article/run.ts'
import { ALL, CONTROLS } from '../../bench/ladder/beside.ts'
import { settings } from '../../bench/ladder/command.ts'
import { figuresOf, type Line, linesOf } from '../../bench/ladder/lines.ts'
import { ladderSvg } from '../../bench/ladder/plot.ts'
import { CHOSEN, RUNGS } from '../../bench/ladder/rungs.ts'
import { estimate, pairedEstimate } from '../../bench/ladder/statistics.ts'
import { change, markdownTable } from '../../bench/ladder/tables.ts'
import { SEARCHES } from '../../bench/ladder/tune.ts'
import type { Report } from '../../bench/report.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { palimpsest } from './command.ts'

const root = (path: string) => new URL(`../../${path}`, import.meta.url)
type LadderReport = Omit<Report, 'runs'> & { runs: RunRecord[] }
const read = (file: string | URL) => JSON.parse(readFileSync(file, 'utf8')) as LadderReport

/** the leaves of a recipe, by path */
function leaves(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, JSON.stringify(value)]])
  const entries = Object.entries(value as Record<string, unknown>)
  return new Map(entries.flatMap(([key, inner]) => [...leaves(inner, path === '' ? key : `${path}.${key}`)]))
}

function changed(before: unknown, after: unknown): string[] {
  const [a, b] = [leaves(before), leaves(after)]
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).toSorted()
}

describe('the rungs', () => {
  it('begin and end with the recipes of the article bench', () => {
    expect(RUNGS[0]?.recipe).toEqual(RECIPE.published)
    expect(RUNGS.at(-1)?.recipe).toEqual(RECIPE.recommended)
  })

  it('differ from the one before in one thing', () => {
    const steps = RUNGS.slice(1).map(({ name, recipe, comparedWith }, index) => {
      expect(comparedWith).toBe(RUNGS[index]?.name)
      return [name, changed(RUNGS[index]?.recipe, recipe)]
    })
    expect(Object.fromEntries(steps)).toEqual({
      'learning-rate': ['first.learningRate', 'second.learningRate'],
      'frozen-statistics': ['freezeStatistics'],
      'no-batchnorm': ['batchNorm', 'freezeStatistics'],
      'one-hidden-layer': ['sizes'],
      'article-lambda': ['ewc.lambda'],
      'exact-fisher': ['ewc.estimator', 'ewc.lambda', 'ewc.mode'],
      'whole-set': ['consolidateBatches'],
      'reset-adam': ['resetOptimizer'],
      floor: ['ewc.floor'],
      decay: ['second.schedule'],
      recommended: ['second.learningRate'],
    })
  })

  it('are compared with rungs that exist, under names of their own', () => {
    const names = ALL.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { comparedWith } of ALL.slice(1)) expect(names).toContain(comparedWith)
    for (const { recipe } of CONTROLS)
      expect(changed({ ...RECIPE.recommended, ewc: {} }, { ...recipe, ewc: {} })).toEqual(['control'])
  })
})

describe('the intervals', () => {
  // Student 1908, The probable error of a mean, Biometrika 6, page 20: hours of sleep gained by two drugs, ten patients
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
  const seeds = (values: readonly number[]) => new Map(values.map((value, index) => [index + 1, value]))

  it("are those that R prints for Student's paired data: [0.7001142, 2.4598858]", () => {
    const { n, mean, interval } = pairedEstimate(seeds(second), seeds(first))
    expect(n).toBe(10)
    expect(mean).toBeCloseTo(1.58, 12)
    expect(interval?.[0]).toBeCloseTo(0.7001142, 6)
    expect(interval?.[1]).toBeCloseTo(2.4598858, 6)
  })

  it('pair by seed, not by order, and leave out seeds without a partner', () => {
    const base = new Map([...seeds(first)].toReversed())
    expect(pairedEstimate(seeds([...second, 99]), base).mean).toBeCloseTo(1.58, 12)
  })

  it('are absent for one value', () => {
    expect(estimate([0.9])).toEqual({ n: 1, mean: 0.9, std: 0, interval: null })
    expect(change(estimate([-0.01]))).toBe('\u2212.0100')
  })
})

describe('the controls', () => {
  const model = new Mlp([4, 3, 2], { seed: 1 })
  const fisher = new Map(model.parameters().map((p) => [p, Float32Array.from(p.data, (_, i) => i + 1)]))

  it('spread the mean of the Fisher over all weights alike', () => {
    const all = [...fisher.values()].flatMap((values) => [...values])
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length
    const flat = [...STAND_INS.mean(fisher).values()].flatMap((values) => [...values])
    expect(flat).toEqual(all.map(() => Math.fround(mean)))
    expect(new Set([...STAND_INS.ones(fisher).values()].flatMap((values) => [...values]))).toEqual(new Set([1]))
  })

  it('shuffle the Fisher inside each parameter, by the seed', () => {
    const shuffled = STAND_INS.shuffled(fisher, Random.from(1))
    for (const [parameter, values] of fisher) expect(shuffled.get(parameter)?.toSorted()).toEqual(values)
    const [weight] = model.parameters()
    expect(shuffled.get(weight as never)).not.toEqual(fisher.get(weight as never))
    expect(STAND_INS.shuffled(fisher, Random.from(1))).toEqual(shuffled)
  })

  it('take the first layer, and nothing else, out of training', () => {
    const freezable = new FirstLayerFreezable(model)
    const learner = new Learner(freezable, { optimizer: new Adam() })
    const moved = () => {
      const before = model.parameters().map(({ data }) => data.slice())
      learner.step(Float32Array.of(1, 0, 1, 1, 0, 1, 1, 0), Uint8Array.of(0, 1))
      return model
        .parameters()
        .flatMap(({ name, data }, index) => (data.every((v, i) => v === before[index]?.[i]) ? [] : [name]))
    }
    expect(moved()).toEqual(['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'])
    freezable.freeze()
    expect(moved()).toEqual(['layers.1.weight', 'layers.1.bias'])
  })
})

describe('palimpsest ladder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let printed = ''
  let written: LadderReport

  beforeAll(() => {
    const json = join(folder, 'copy.json')
    const { status, stdout, stderr } = palimpsest('ladder', '--quick', '--seeds', '2', '--json', json, '--out', folder)
    expect(stderr).not.toMatch(/error/i)
    expect(status).toBe(0)
    printed = stdout
    written = read(json)
  }, 300_000)

  it('runs every line with the same seeds, and its figures follow from the runs', () => {
    expect(written).toMatchObject({ bench: 'ladder', options: { seeds: 2, epochs: 1, quick: true, chosen: CHOSEN } })
    expect(written.runs).toHaveLength(2 * ALL.length)
    expect(written.figures).toEqual(figuresOf(linesOf(written.runs)))
    const difference = written.figures.find(({ name }) => name === 'ladder/learning-rate/difference')
    expect(difference).toMatchObject({ n: 2, params: { comparedWith: 'published' } })
    const average = (name: string, seed: number) => {
      const end = written.runs.find((run) => run.recipe === name && run.seed === seed)?.after.at(-1)
      return ((end?.mnist ?? Number.NaN) + (end?.fashion ?? Number.NaN)) / 2
    }
    const by = [1, 2].map((seed) => average('learning-rate', seed) - average('published', seed))
    expect(difference?.value).toBeCloseTo(((by[0] ?? 0) + (by[1] ?? 0)) / 2, 12)
  })

  it('ends every control in weights of its own', () => {
    const weights = (name: string) => written.runs.find((run) => run.recipe === name)?.weights
    const names = [...CONTROLS.map(({ name }) => name), 'recommended', 'none']
    expect(new Set(names.map(weights)).size).toBe(names.length)
  })

  it('prints and draws every line', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    const svg = readFileSync(join(folder, 'ladder.svg'), 'utf8')
    for (const { title } of ALL) {
      expect(printed).toContain(title)
      for (const text of [page, svg]) expect(text).toContain(title)
    }
    for (const text of [page, svg]) expect(text).not.toMatch(/NaN|undefined/)
    expect(printed).toContain('These accuracies say nothing about the method')
    expect(existsSync(join(folder, 'ladder.json'))).toBe(true)
  })

  it('draws a report again', () => {
    const again = palimpsest('ladder', '--from', join(folder, 'ladder.json'))
    expect(again.status).toBe(0)
    expect(printed).toContain(again.stdout.split('\n').slice(1, 12).join('\n'))
    expect(palimpsest('ladder', '--from', 'bench/results/article.json')).toMatchObject({ status: 2 })
  })
})

describe('the committed results', () => {
  let committed: LadderReport
  let lines: Line[]
  beforeAll(() => {
    committed = read(root('bench/results/ladder.json'))
    lines = linesOf(committed.runs)
  })

  it('are ten seeds of every line, and figures that follow from them', () => {
    expect(committed.options).toMatchObject({ seeds: 10, epochs: 4, quick: false, chosen: CHOSEN })
    expect(committed.options.rungs).toEqual(JSON.parse(JSON.stringify(settings())))
    expect(committed.runs).toHaveLength(10 * ALL.length)
    expect(committed.figures).toEqual(JSON.parse(JSON.stringify(figuresOf(lines))))
  })

  it('are what docs/ladder.md and its figure show', () => {
    const page = readFileSync(root('docs/ladder.md'), 'utf8')
    const tables = markdownTable(lines)
    for (const table of tables.split('\n\n')) expect(page).toContain(table)
    for (const [number] of page.matchAll(/[+\u2212]?\.\d{4}\b/g)) expect(tables).toContain(number)
    expect(readFileSync(root('docs/figures/ladder.svg'), 'utf8')).toBe(ladderSvg(lines))
  })

  it('have the ends that the article bench has, bit for bit', () => {
    const article = read(root('bench/results/article.json'))
    for (const name of ['published', 'recommended', 'recommended-batchnorm']) {
      const weights = ({ runs }: LadderReport) =>
        runs.filter(({ recipe, method }) => recipe === name && method === 'ewc').map((run) => run.weights)
      expect(weights(committed)).toEqual(weights(article))
    }
  })
})

test('every lambda that the ladder chose is the best of its search, inside its grid', () => {
  const { figures } = read(root('bench/results/ladder-tune.json'))
  for (const { name, lambdas } of SEARCHES) {
    const found = figures.filter((figure) => figure.name === `ladder-tune/${name}`)
    expect(found.map(({ params }) => params?.lambda)).toEqual(lambdas)
    const best = found.reduce((a, b) => (b.value > a.value ? b : a))
    expect(best.params?.lambda).toBe(CHOSEN[name])
    expect([lambdas[0], lambdas.at(-1)]).not.toContain(CHOSEN[name])
  }
})
