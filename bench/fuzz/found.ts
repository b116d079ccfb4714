import type { Figure } from '../report.ts'

/** What fuzzing one target came to. */
export interface Found {
  readonly name: string
  readonly executions: number
  readonly seconds: number
  /** edges of native code, stretches of JavaScript */
  readonly covered: number
  readonly unit: 'edges' | 'stretches'
  /** inputs that led somewhere new */
  readonly corpus: number
  /** what was wrong, each with how to see it again */
  readonly crashes: readonly string[]
}

export function figuresOf({ name, executions, seconds, covered, unit, crashes }: Found): Figure[] {
  const figure = (what: string, value: number, unit: string, better: Figure['better'], target?: number): Figure => ({
    name: `fuzz/${name}/${what}`,
    value,
    unit,
    n: 1,
    std: 0,
    better,
    ...(target === undefined ? {} : { target }),
  })
  return [
    figure('executions', executions, 'executions', 'higher'),
    figure('speed', executions / seconds, 'executions/s', 'higher'),
    figure('covered', covered, unit, 'higher'),
    figure('crashes', crashes.length, 'crashes', 'lower', 0),
  ]
}
