import { summarize } from '../format.ts'
import type { Figure } from '../report.ts'

/** One number of one seed; null where nothing is drawn. */
export interface Run {
  readonly name: string
  readonly seed: number | null
  readonly value: number
}

const UNITS: readonly (readonly [end: RegExp, unit: string, better: Figure['better']])[] = [
  [/accuracy/, 'accuracy', 'higher'],
  [/^ratio/, 'ratio', 'higher'],
  [/^rank-correlation/, 'correlation', 'higher'],
  [/unknown-of-learnt$/, 'share', 'lower'],
  [/unknown-of-others$/, 'share', 'higher'],
  [/calibration-error$/, 'error', 'lower'],
]

/** Means and deviations over the seeds, in the order of the runs. */
export function figuresOf(runs: readonly Run[]): Figure[] {
  return [...new Set(runs.map(({ name }) => name))].map((name) => {
    const { mean, std, n } = summarize(runs.flatMap((run) => (run.name === name ? [run.value] : [])))
    const [, unit = '', better = 'higher'] = UNITS.find(([end]) => end.test(name)) ?? []
    return { name: `gathered/${name}`, value: mean, unit, n, std, better }
  })
}
