import { describe, expect, it } from 'vitest'
import type { Figure } from '../../bench/report.ts'
import { adamBounds, boundedSteps, roofPoints, valuesOf } from '../../bench/speed/document/bounds.ts'
import { documents, filled } from '../../bench/speed/document/index.ts'
import { lanesOf } from '../../bench/speed/document/tables.ts'
import { BIG, NETS, SMALL, stepFlops } from '../../bench/speed/inside.ts'
import { parametersOf } from '../../bench/speed/memory.ts'
import { type SpeedReport, savedReport } from '../../bench/speed/saved.ts'
import { flopsOf, nameOf, SHAPES } from '../../bench/speed/shapes.ts'
import { stepName } from '../../bench/speed/step.ts'
import { ROOT, read } from './pages.ts'

const page = read('docs/speed.md')
const words = page.replace(/\s+/g, ' ')
const committed = savedReport(`${ROOT}bench/results/speed.json`)

describe('what documents quote of bench/results/speed.json', () => {
  const files = documents(committed, read)

  it.each([...files.keys()])('%s is what "speed --from bench/results/speed.json --document ." writes', (path) =>
    expect(read(path)).toBe(files.get(path)),
  )

  it('has every block, none of them empty', () => {
    const blocks = [...page.matchAll(/<!-- speed: (\w+) -->\n(.*?)\n<!-- speed -->/gs)]
    const names = ['machine', 'limits', 'parts', 'products', 'adam', 'threads', 'peers', 'missed']
    expect(blocks.map(([, name]) => name)).toEqual(names)
    for (const [, name, text = ''] of blocks) expect(text.length, name).toBeGreaterThan(80)
    for (const path of ['README.md', 'README.ja.md']) expect(read(path)).toContain('<!-- speed: printout -->\n```\n')
  })
})

describe('what docs/speed.md says in words', () => {
  const value = valuesOf(committed)

  it('products are nearly all of a step, at their bounds already most of it', () => {
    for (const { net, time, products, parts } of boundedSteps(committed)) {
      const taken = parts.filter(({ part }) => /forward|gradients/.test(part)).map((part) => part.time)
      const share = taken.reduce((sum, one) => sum + one) / time
      expect(share, net.name).toBeGreaterThan(0.75)
      expect(products / time, net.name).toBeGreaterThan(0.7)
    }
  })

  it('the divider holds up Adam on the small network, below its target; on the large one both limits are near', () => {
    const [small, big] = [SMALL, BIG].map((net) => adamBounds(net, value))
    expect(small?.divider).toBeGreaterThan(small?.memory ?? Infinity)
    expect(1.1 * (small?.memory ?? Infinity)).toBeLessThan(small?.divider ?? 0)
    const ratio = (big?.memory ?? 0) / (big?.divider ?? 0)
    expect(ratio).toBeGreaterThan(2 / 3)
    expect(ratio).toBeLessThan(3 / 2)
    // a bound that is beaten is none
    expect(value(`adam/${SMALL.name}`)).toBeGreaterThan(0.93 * (small?.divider ?? Infinity))
  })

  it('no dot is above the roof', () => {
    for (const { name, rate } of roofPoints(committed))
      expect(rate, name).toBeLessThan(1.02 * value(`peak/${committed.machine.isa}`))
  })

  it('sums are right', () => {
    expect(words).toContain('79,510 parameters take at least 17.7 x 79,510 / 16 cycles, 24 us at 3.69 GHz')
    expect((17.7 * parametersOf(SMALL)) / 16 / 3690).toBeCloseTo(24, 0)
    expect(words).toContain('314 kB from the second cache at 117 GB/s are 2.7 us, or 58 GF/s')
    expect((4 * 784 * 100) / 117e3).toBeCloseTo(2.7, 1)
    expect((2 * 117) / 4).toBeCloseTo(58.5, 1)
    expect(words).toContain('.74 x .89 = .66')
    expect(168 / (168 + 60)).toBeCloseTo(0.74, 2)
    expect((168 / (168 + 60)) * lanesOf({ form: 'nt', n: 10, k: 100 })).toBeCloseTo(0.66, 2)
    expect(words).toContain('are 1.7 MB')
    const activations = 100 * (2 * 100 + 2 * 10)
    const megabytes = (16 * parametersOf(SMALL) + 4 * 100 * 784 + 4 * activations) / 1e6
    expect(megabytes).toBeCloseTo(1.7, 1)
    expect(words).toContain('19 us at 90 GB/s')
    expect((1000 * megabytes) / 90).toBeCloseTo(19, 0)
  })
})

describe('bounds', () => {
  const figure = (name: string, value: number): Figure => ({ name, value, unit: 'us', n: 1, std: 0, better: 'lower' })
  // a processor of 100 GF/s, steps of twice their bound, everything else a microsecond
  const figures = NETS.flatMap((net) => {
    const name = stepName(net)
    const parts = ['forward', 'loss', 'weight-gradients', 'input-gradients', 'bias-and-relu', 'adam']
    return [
      figure(name, (2 * stepFlops(net.sizes, net.batch)) / 1e5),
      figure(`${name}/bound-ratio`, 2),
      ...parts.map((part) => figure(`${name}/part/${part}`, 1)),
      figure(`adam/${net.name}`, 30),
      figure(`adam/${net.name}/bandwidth-ratio`, 1.5),
    ]
  })
  const report = { figures } as unknown as SpeedReport

  it('of products are at the peak, and together that of the step', () => {
    const [small, big] = boundedSteps(report)
    for (const step of [small, big]) {
      const bounds = (step?.parts ?? []).flatMap(({ part, bound }) => (/forward|gradients/.test(part) ? [bound] : []))
      expect(bounds.reduce<number>((sum, bound) => sum + (bound ?? Number.NaN), 0)).toBeCloseTo(step?.products ?? 0, 6)
      expect(step?.parts.at(-1)).toMatchObject({ part: 'rest', time: (step?.time ?? 0) - 6, bound: null })
    }
    // 2 x 100 x 1000 x 10 FLOP at 100 GF/s
    expect(small?.parts.find(({ part }) => part === 'input-gradients')?.bound).toBeCloseTo(2, 6)
    expect(small?.parts.find(({ part }) => part === 'bias-and-relu')?.bound).toBeCloseTo(160_000 / 117e3, 6)
  })

  it('of Adam are what can be moved and what can be divided', () => {
    const { memory, divider } = adamBounds(SMALL, valuesOf(report))
    expect(memory).toBeCloseTo(20, 6)
    // at 100 GF/s a cycle is 0.32 ns
    expect(divider).toBeCloseTo((79_510 / 16) * 17.7 * 0.32e-3, 6)
  })

  it('of lanes are along k where a product adds in lanes', () => {
    const lanes = Object.fromEntries(SHAPES.map((shape) => [nameOf(shape), lanesOf(shape)]))
    expect(lanes['gemm/100x100x784/nt']).toBe(1)
    expect(lanes['gemm/100x100x784/nn']).toBe(100 / 104)
    expect(lanes['gemm/100x10x100/nt']).toBe(100 / 112)
    expect(lanes['gemm/256x1000x784/nt']).toBe(1)
    expect(lanesOf({ form: 'tn', n: 30, k: 7 })).toBe(30 / 32)
    expect(flopsOf({ m: 100, n: 100, k: 784 })).toBe(15_680_000)
  })

  it('need their figures, and pages known marks', () => {
    expect(() => boundedSteps({ ...report, figures: figures.slice(1) })).toThrow(/no figure step\/784-100-10\/100\/1/)
    expect(() => filled('<!-- speed: luck -->\n\n<!-- speed -->', report)).toThrow(/no block is called 'luck'/)
    expect(filled('no mark', report)).toBe('no mark')
  })
})
