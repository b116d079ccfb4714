import { median, summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import type { Sample } from './measure.ts'
import { flopsOf, GEMMS, type Gemm, nameOf, STEPS, type Step, stepFlops, stepName } from './subjects.ts'

/** A measured thing: its speed, its ratio to the limit, and the share of the FMA peak that it reaches. */
export interface Line {
  readonly figure: Figure
  readonly ratio: Figure
  readonly share: number
}

const figure = (
  name: string,
  values: readonly number[],
  unit: string,
  better: Figure['better'],
  target?: number,
): Figure => {
  const { n, std } = summarize(values)
  return { name, value: median(values), unit, n, std, better, ...(target === undefined ? {} : { target }) }
}

/** Ratios are taken within a round, to the best peak of any table in that round. */
export function linesOf(
  tables: readonly string[],
  flops: ReadonlyMap<string, number>,
  samples: ReadonlyMap<string, readonly Sample[]>,
): { readonly peak: number; readonly lines: Line[] } {
  const peaks = new Map<number, number>()
  for (const table of tables)
    for (const { round, seconds } of samples.get(`peak/${table}`) ?? [])
      peaks.set(round, Math.max(peaks.get(round) ?? 0, (flops.get(table) ?? 0) / seconds))
  const peakOf = (round: number) => peaks.get(round) ?? Number.NaN

  const gemm = (shape: Gemm, table: string): Line => {
    const name = `${nameOf(shape)}/${table}`
    const speeds = (samples.get(name) ?? []).map(({ round, seconds }) => ({ round, value: flopsOf(shape) / seconds }))
    const shares = speeds.map(({ round, value }) => value / peakOf(round))
    const giga = speeds.map(({ value }) => value / 1e9)
    const target = table === 'portable' ? undefined : shape.target
    return {
      figure: figure(name, giga, 'GF/s', 'higher'),
      ratio: figure(`${name}/peak-ratio`, shares, 'ratio', 'higher', target),
      share: median(shares),
    }
  }
  const step = (net: Step, table: string): Line => {
    const times = samples.get(`${stepName(net)}/${table}`) ?? []
    const bounds = times.map(({ round, seconds }) => (seconds * peakOf(round)) / stepFlops(net))
    const micro = times.map(({ seconds }) => seconds * 1e6)
    // the table that runs by itself is the last; the figure of the step is its
    const name = table === tables.at(-1) ? stepName(net) : `${stepName(net)}/${table}`
    const target = table === 'portable' ? undefined : net.target
    return {
      figure: figure(name, micro, 'us', 'lower'),
      ratio: figure(`${name}/bound-ratio`, bounds, 'ratio', 'lower', target),
      share: 1 / median(bounds),
    }
  }
  const lines = [
    ...GEMMS.flatMap((shape) => tables.map((table) => gemm(shape, table))),
    ...STEPS.flatMap((net) => tables.map((table) => step(net, table))),
  ]
  return { peak: median([...peaks.values()]), lines }
}
