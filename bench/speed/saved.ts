import { readFileSync } from 'node:fs'
import { UsageError } from '../options.ts'
import type { Report } from '../report.ts'
import type { Outcome } from './peers.ts'
import type { Found } from './print.ts'
import type { Failure } from './run.ts'

/** How the figures of a report are shown: sections of rows of their names. */
export interface Outline extends Pick<Found, 'id' | 'title' | 'sentence'> {
  readonly rows: readonly (readonly string[])[]
}

/** A report that can be printed and drawn again. */
export interface SpeedReport extends Report {
  /** whence products were called */
  readonly source: string
  readonly sections: readonly Outline[]
}

export const outlinesOf = (found: readonly Found[]): Outline[] =>
  found.map(({ rows, ...section }) => ({ ...section, rows: rows.map((row) => row.map(({ name }) => name)) }))

export function foundOf({ figures, sections }: Pick<SpeedReport, 'figures' | 'sections'>): Found[] {
  const byName = new Map(figures.map((figure) => [figure.name, figure]))
  return sections.map(({ rows, ...section }) => ({
    ...section,
    rows: rows.map((row) => row.flatMap((name) => byName.get(name) ?? [])),
  }))
}

export const outcomesIn = ({ runs }: Pick<Report, 'runs'>): Outcome[] =>
  (runs as readonly Partial<Outcome>[]).filter((run): run is Outcome => run.peer !== undefined)

export const failuresIn = ({ runs }: Pick<Report, 'runs'>): Failure[] =>
  (runs as readonly Partial<Failure>[]).filter((run): run is Failure => run.why !== undefined)

/** What `--json` wrote. */
export function savedReport(file: string): SpeedReport {
  const wrong = (what: string) => new UsageError(`--from: ${file} ${what}`)
  let found: Partial<SpeedReport> | null
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw wrong(`cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  if (found?.bench !== 'speed') throw wrong(`is a report of '${found?.bench}', expected 'speed'`)
  if (!found.sections || !found.source) throw wrong('is of an older version, which did not say how it is shown')
  return found as SpeedReport
}
