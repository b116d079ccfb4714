import { median, summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import { flopsOf, GEMMS, nameOf, peakFlops, STEPS, stepFlops, stepName } from './subjects.ts'

/** A measured thing: its speed, its ratio to the limit, and the share of the FMA peak that it reaches. */
export interface Line {
  readonly figure: Figure
  readonly ratio: Figure
  readonly share: number
}

type Samples = ReadonlyMap<string, readonly number[]>

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
  samples: Samples,
): { readonly peak: number; readonly lines: Line[] } {
  const of = (name: string) => samples.get(name) ?? []
  const rounds = of(`peak/${tables[0]}`).map((_, round) => round)
  const flops = peakFlops()
  const peaks = rounds.map((round) =>
    Math.max(...tables.map((table) => flops / (of(`peak/${table}`)[round] ?? Infinity))),
  )

  const gemms = GEMMS.flatMap((gemm) =>
    tables.map((table): Line => {
      const name = `${nameOf(gemm)}/${table}`
      const speeds = of(name).map((seconds) => flopsOf(gemm) / seconds)
      const shares = speeds.map((value, round) => value / (peaks[round] ?? Number.NaN))
      const target = table === 'portable' ? undefined : gemm.target
      return {
        figure: figure(
          name,
          speeds.map((value) => value / 1e9),
          'GF/s',
          'higher',
        ),
        ratio: figure(`${name}/peak-ratio`, shares, 'ratio', 'higher', target),
        share: median(shares),
      }
    }),
  )
  const steps = STEPS.flatMap((step) =>
    tables.map((table): Line => {
      const seconds = of(`${stepName(step)}/${table}`)
      const bounds = seconds.map((value, round) => (value * (peaks[round] ?? Number.NaN)) / stepFlops(step))
      // the design's name is for the table that runs by itself, the last and fastest
      const name = table === tables.at(-1) ? stepName(step) : `${stepName(step)}/${table}`
      const target = table === 'portable' ? undefined : step.target
      return {
        figure: figure(
          name,
          seconds.map((value) => value * 1e6),
          'us',
          'lower',
        ),
        ratio: figure(`${name}/bound-ratio`, bounds, 'ratio', 'lower', target),
        share: 1 / median(bounds),
      }
    }),
  )
  return { peak: median(peaks), lines: [...gemms, ...steps] }
}
