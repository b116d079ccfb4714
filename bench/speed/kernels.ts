import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../../src/tensor/aligned.ts'
import type { Figure } from '../report.ts'
import { everyOf, inside, TABLES, uniform } from './inside.ts'
import { type Samples, withinRounds } from './measure.ts'
import { type Entry, figureOf, type Section } from './section.ts'
import { flopsOf, nameOf, SHAPES, type Shape } from './shapes.ts'
import type { Subject } from './subject.ts'

/** Kernels of one thread, and what the processor can do at most. */
export interface Kernels {
  readonly products: (shape: Shape, table: string) => Subject
  readonly peaks: readonly Peak[]
}

export interface Peak {
  readonly subject: Subject
  /** of one call */
  readonly flops: number
}

/** the slow table is timed on what it does in a tenth of a second */
const PORTABLE_FLOPS = 5e7

export function kernels({ products, peaks }: Kernels): Section {
  return {
    id: 'kernels',
    title: 'Products',
    sentence: 'GF/s of one thread under every table; the ratio is to the FMA peak of the same round.',
    entries: [
      ...peaks.map(peakEntry),
      ...SHAPES.flatMap((shape) =>
        TABLES.filter((table) => table !== 'portable' || flopsOf(shape) <= PORTABLE_FLOPS).map((table) =>
          productEntry(shape, table, products(shape, table), peaks),
        ),
      ),
    ],
  }
}

function peakEntry({ subject, flops }: Peak): Entry {
  const { name } = subject
  return {
    name,
    subjects: [subject],
    figures: (samples) =>
      figureOf(
        name,
        (samples.get(name) ?? []).map(({ seconds }) => flops / seconds / 1e9),
        { unit: 'GF/s', better: 'higher' },
      ),
  }
}

function productEntry(shape: Shape, table: string, subject: Subject, peaks: readonly Peak[]): Entry {
  const name = `${nameOf(shape)}/${table}`
  const flops = flopsOf(shape)
  const target = shape.targets[table as keyof Shape['targets']]
  // of the fastest table that vectors have: only one can meet it
  const rate = table === TABLES.at(-1) ? shape.rate : undefined
  return {
    name,
    subjects: [subject, ...peaks.map((peak) => peak.subject)],
    figures: (samples): readonly Figure[] => [
      ...figureOf(
        name,
        (samples.get(subject.name) ?? []).map(({ seconds }) => flops / seconds / 1e9),
        { unit: 'GF/s', better: 'higher', target: rate },
      ),
      ...figureOf(`${name}/peak-ratio`, peakRatios(samples, subject.name, flops, peaks), {
        unit: 'ratio',
        better: 'higher',
        target,
      }),
    ],
  }
}

/** the share of the best table's peak, round by round */
export function peakRatios(samples: Samples, name: string, flops: number, peaks: readonly Peak[]): number[] {
  return withinRounds(samples, [name, ...peaks.map(({ subject }) => subject.name)], (seconds, ...times) => {
    const best = Math.max(...times.map((time, index) => (peaks[index]?.flops ?? 0) / time))
    return flops / (seconds as number) / best
  })
}

const PEAK_ITERATIONS = 5_000

/** Called through the bindings, which costs some 0.2 us a product. */
export function kernelsInside(): Kernels {
  return {
    products: productInside,
    peaks: TABLES.map((table) => {
      const sink = new Float32Array(1)
      native.selectTable(table)
      const flops = native.fmaPeak(PEAK_ITERATIONS, sink)
      const run = () => void native.fmaPeak(PEAK_ITERATIONS, sink)
      return { flops, subject: inside(`peak/${table}`, { table }, () => run) }
    }),
  }
}

export function productInside(shape: Shape, table: string, threads = 1): Subject {
  const { m, n, k, form } = shape
  const suffix = threads === 1 ? table : `${table}/${threads}`
  return inside(`${nameOf(shape)}/${suffix}`, { table, threads, every: everyOf(flopsOf(shape), table) }, () => {
    const [a, b, c] = [uniform(m * k, 1), uniform(k * n, 2), alignedFloats(m * n)]
    const matmul = { nt: native.matmulNT, nn: native.matmulNN, tn: native.matmulTN }[form]
    return () => matmul(m, n, k, a, b, null, c, false, false)
  })
}
