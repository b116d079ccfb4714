import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { median } from '../../bench/format.ts'
import type { Report } from '../../bench/report.ts'
import { spinning } from '../../bench/speed/busy.ts'
import { stepFlops } from '../../bench/speed/inside.ts'
import { interleave, type Sample, samplesOf, withinRounds } from '../../bench/speed/measure.ts'
import { compare, oursFor } from '../../bench/speed/peers.ts'
import { mark, printed, verdict } from '../../bench/speed/print.ts'
import { type Timed, timedIn } from '../../bench/speed/run.ts'
import { chosen, figureOf, quantile, subjectsOf } from '../../bench/speed/section.ts'
import { flopsOf, nameOf, SHAPES } from '../../bench/speed/shapes.ts'
import type { Subject } from '../../bench/speed/subject.ts'
import { palimpsest } from './command.ts'
import { standIn } from './speed-report.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Measured extends Omit<Report, 'runs'> {
  readonly runs: readonly Timed[]
}

function measured(...args: readonly string[]): { readonly report: Measured; readonly stdout: string } {
  const file = join(folder, 'speed.json')
  const { status, stdout, stderr } = palimpsest('speed', ...args, '--json', file)
  expect(status, stderr).toBe(0)
  return { report: JSON.parse(readFileSync(file, 'utf8')) as Measured, stdout }
}

const secondsOf = ({ runs }: Measured, name: string) => runs.find((run) => run.name === name)?.seconds ?? []
const figure = ({ figures }: Measured, name: string) => figures.find((one) => one.name === name)

describe('palimpsest speed', () => {
  it('times products under every table, and ratios follow from the samples of the same round', () => {
    const { report, stdout } = measured(
      '--kernels',
      'node',
      '--rounds',
      '3',
      '--only',
      'gemm/100x100x784/nt,step/784-100-10/100/1',
    )
    const tables = report.runs.flatMap(({ name }) => (name.startsWith('peak/') ? [name.slice(5)] : []))
    expect(tables).toContain('portable')
    for (const table of tables) {
      const name = `gemm/100x100x784/nt/${table}`
      const speeds = secondsOf(report, name).map((seconds) => (2 * 100 * 100 * 784) / seconds / 1e9)
      expect(speeds).toHaveLength(table === 'portable' ? 1 : 3)
      expect(figure(report, name)?.value).toBeCloseTo(median(speeds), 6)
      const ratio = figure(report, `${name}/peak-ratio`)
      expect(ratio?.value).toBeGreaterThan(0)
      expect(ratio?.target).toBe({ portable: undefined, avx2: 0.85, avx512: 0.93 }[table])
    }
    const bound = figure(report, 'step/784-100-10/100/1/bound-ratio')
    const step = figure(report, 'step/784-100-10/100/1')
    expect(bound?.target).toBe(1.22)
    // 31.96 MFLOP at no more than any processor's peak, and no less than a slow one's
    expect((bound?.value ?? 0) / (step?.value ?? 0)).toBeGreaterThan(5e9 / 31.96e6 / 1e6)
    expect((bound?.value ?? 0) / (step?.value ?? 0)).toBeLessThan(1e12 / 31.96e6 / 1e6)
    expect(stdout).toMatch(/gemm\/100x100x784\/nt\/portable/)
    expect(stdout).not.toMatch(/scaling|inference|busy/)
    expect(stdout).toMatch(/\d+ of \d+ targets met/)
    expect(report.machine.loadAverageAfter).toBeGreaterThanOrEqual(0)
  })

  it.skipIf(availableParallelism() < 2)('measures steps beside processes that want the same processors', () => {
    const { report } = measured('--kernels', 'node', '--rounds', '1', '--only', 'busy/784-100-10')
    const [one = 0] = secondsOf(report, 'busy/784-100-10/100/1')
    const [two = 0] = secondsOf(report, 'busy/784-100-10/100/2')
    const ratio = figure(report, 'busy/784-100-10/100/2/ratio')
    expect(ratio?.value).toBeCloseTo(two / one, 6)
    expect(ratio?.target).toBe(1.2)
  })

  it('refuses a prefix that no figure has', () => {
    const { status, stderr } = palimpsest('speed', '--kernels', 'node', '--only', 'nothing')
    expect(status).toBe(2)
    expect(stderr).toContain("--only is 'nothing', and no figure's name begins so")
  })
})

describe('libraries of others', () => {
  const ours = new Map(
    ['step/a', 'fisher/784-100-10/exact'].map((name): [string, Subject] => [name, { name, every: 4, time: () => 1 }]),
  )

  it('are compared where ours does the same and results agree, theirs over ours', async () => {
    const peers = [
      standIn('good', ['step/a', 'step/other', 'fisher/784-100-10/loop']),
      standIn('wrong', ['step/a'], 0.5),
    ]
    const { entries, outcomes } = await compare(peers, ours, (name) => name.startsWith('peer/'))
    expect(entries.map(({ name }) => name)).toEqual(['peer/good/step/a', 'peer/good/fisher/784-100-10/loop'])
    expect(outcomes).toMatchObject([
      { peer: 'good', passed: ['step/a', 'fisher/784-100-10/loop'], refused: [] },
      { peer: 'wrong', passed: [], refused: [{ name: 'step/a' }] },
    ])
    // never in a round in which ours is not
    expect(entries[0]?.subjects.map(({ every }) => every)).toEqual([4, 4])
    const samples = new Map([
      ['step/a', [0, 4].map((round) => ({ round, seconds: 2 }))],
      ['peer/good/step/a', [{ round: 4, seconds: 6 }]],
    ])
    const [ratio] = entries[0]?.figures(samples) ?? []
    expect(ratio).toMatchObject({ name: 'peer/good/step/a/ratio', value: 3, n: 1, better: 'higher' })
    expect(ratio?.params).toMatchObject({ theirSeconds: 6, ourSeconds: 2, versions: 'good 1.0, one thread' })
  })

  it('have a mean over all compared products, or none', async () => {
    const names = SHAPES.filter(({ compared }) => compared).map(nameOf)
    const products = new Map(
      names.map((name): [string, Subject] => [oursFor(name), { name: oursFor(name), time: () => 1 }]),
    )
    const mean = 'peer/blas/gemm/geometric-mean'
    const { entries } = await compare([standIn('blas', names)], products, (name) => name === mean)
    const samples = new Map<string, readonly Sample[]>(
      names.flatMap((name, index) => [
        [oursFor(name), [{ round: 0, seconds: 1 }]] as const,
        [`peer/blas/${name}`, [{ round: 0, seconds: index % 2 === 0 ? 2 : 8 }]] as const,
      ]),
    )
    const [figure] = entries.at(-1)?.figures(samples) ?? []
    // 6 of 2 and 5 of 8
    expect(figure).toMatchObject({ name: `${mean}/ratio`, target: 1, n: 11 })
    expect(figure?.value).toBeCloseTo(2 ** ((6 * 1 + 5 * 3) / 11), 6)
    const fewer = await compare([standIn('blas', names.slice(1))], products, () => true)
    expect(fewer.entries.map(({ name }) => name)).not.toContain(mean)
  })
})

describe('samples', () => {
  const recorder = () => {
    const order: string[] = []
    const subject = (name: string, seconds: number, every?: number): Subject => ({
      name,
      ...(every === undefined ? {} : { every }),
      async time(calls) {
        order.push(`${name}${calls}`)
        return seconds
      },
    })
    return { order, subject }
  }

  it('takes turns, with as many calls as fill a sample, and looks at slow code once', async () => {
    const { order, subject } = recorder()
    const subjects = [subject('a', 0.001), subject('b', 0.0005), subject('slow', 1, 2)]
    let heard = 0
    const samples = await interleave(subjects, { rounds: 3, sampleSeconds: 0.002, onSample: () => heard++ })
    expect(order.slice(0, 5)).toEqual(['a1', 'a3', 'b1', 'b3', 'slow1'])
    expect(order.slice(5)).toEqual(['a2', 'b4', 'slow1', 'a2', 'b4', 'a2', 'b4', 'slow1'])
    expect(samples.get('slow')?.map(({ round }) => round)).toEqual([0, 2])
    expect(heard).toBe(samplesOf(subjects, 3))
  })

  it('leaves out what fails, if that is wanted, and throws otherwise', async () => {
    const { subject } = recorder()
    const failing: Subject = { name: 'bad', time: () => Promise.reject(new Error('dead')) }
    const nonsense: Subject = { name: 'odd', time: () => Number.NaN }
    const failed: string[] = []
    const samples = await interleave([subject('a', 1), failing, nonsense], {
      rounds: 2,
      onFailure: (name) => failed.push(name),
    })
    expect(failed).toEqual(['bad', 'odd'])
    expect([...samples.keys()]).toEqual(['a'])
    await expect(interleave([failing], { rounds: 1 })).rejects.toThrow('dead')
  })

  it('are compared within the rounds that have them all', () => {
    const samples = new Map([
      ['a', [1, 2, 3].map((seconds, round) => ({ round, seconds }))],
      ['b', [{ round: 2, seconds: 6 }]],
    ])
    expect(withinRounds(samples, ['a', 'b'], (a, b) => (b as number) / (a as number))).toEqual([2])
    expect(withinRounds(samples, ['a', 'none'], () => 1)).toEqual([])
    const seldom = new Map([['c', [0, 4, 8].map((round) => ({ round, seconds: round + 1 }))]])
    expect(timedIn(seldom)).toEqual([{ name: 'c', every: 4, seconds: [1, 5, 9] }])
  })
})

describe('figures', () => {
  const meaning = { unit: 'ratio', better: 'higher', target: 2 } as const

  it('are medians with quartiles, and none of nothing', () => {
    const [found] = figureOf('a', [1, 5, 2, 4], meaning)
    expect(found).toMatchObject({ value: 3, n: 4, target: 2, params: { quartiles: [1.75, 4.25] } })
    expect(figureOf('a', [], meaning)).toEqual([])
    expect(quantile([3, 1, 2], 0.5)).toBe(2)
  })

  it('say whether their target is met', () => {
    const [met] = figureOf('met', [3], meaning)
    const [missed] = figureOf('missed/bound-ratio', [3], { ...meaning, better: 'lower' })
    expect(mark(met)).toContain('met')
    expect(mark(missed)).toContain('missed')
    expect(mark(undefined)).toBe('')
    const text = verdict([met, missed].filter((figure) => figure !== undefined))
    expect(text).toMatch(/^1 of 2 targets met; missed:\n {2}missed\/bound-ratio: 3.00, target \u2264 2$/)
    const section = { id: 's', title: 'Title', sentence: 'Sentence.' }
    const shown = printed([
      { ...section, rows: [[met], [missed]].map((row) => row.filter((one) => one !== undefined)) },
    ])
    // a third of the way to the limit
    expect(shown).toMatch(/missed\/bound-ratio.*\u2502 \u2588{7}\u2591{13} \u2502/)
  })
})

describe('what is timed', () => {
  const entry = (name: string, ...subjects: string[]) => ({
    name,
    subjects: subjects.map((subject): Subject => ({ name: subject, time: () => 1 })),
    figures: () => [],
  })

  it('can be chosen by the names of figures', () => {
    const entries = [entry('step/a'), entry('step/b'), entry('gemm/a')]
    const names = (prefixes: string[] | null) => chosen(entries, prefixes).map(({ name }) => name)
    expect(names(null)).toEqual(['step/a', 'step/b', 'gemm/a'])
    expect(names(['step'])).toEqual(['step/a', 'step/b'])
    expect(names(['step/a/bound-ratio', 'gemm'])).toEqual(['step/a', 'gemm/a'])
  })

  it('is timed once, and right after what it is compared with', () => {
    const entries = [entry('a', 'a', 'peak'), entry('b', 'b', 'peak'), entry('theirs', 'a', 'theirs')]
    expect(subjectsOf(entries).map(({ name }) => name)).toEqual(['a', 'peak', 'theirs', 'b'])
    const threads = [entry('one', 'one'), entry('two', 'one', 'two'), entry('b', 'b'), entry('theirs', 'two', 'theirs')]
    expect(subjectsOf(threads).map(({ name }) => name)).toEqual(['one', 'two', 'theirs', 'b'])
  })

  it('has the sizes of the design', () => {
    expect(stepFlops([784, 100, 10], 100)).toBe(31_960_000)
    expect(Math.round(stepFlops([784, 1000, 1000, 10], 256) / 1e6)).toBe(2354)
    expect(SHAPES.filter(({ compared }) => compared)).toHaveLength(11)
    expect(new Set(SHAPES.map(nameOf)).size).toBe(SHAPES.length)
    expect(flopsOf({ m: 1, n: 100, k: 784 })).toBe(156_800)
  })

  it('goes on beside processes that end when they are told to', async () => {
    const stop = await spinning(2).start()
    const started = performance.now()
    await stop()
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
