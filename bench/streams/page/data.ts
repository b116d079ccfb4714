import type { Report } from '../../report.ts'
import type { Row } from '../figures.ts'
import type { ProtocolName, Scenario } from '../protocols.ts'

/** What the report of a stream is made of. */
export interface ReportData {
  /** with everything that the JSON has */
  readonly result: Report
  readonly protocol: ProtocolName
  readonly scenarios: readonly ScenarioData[]
  /** the JSON beside the page */
  readonly file: string
}

export interface ScenarioData {
  readonly scenario: Scenario
  readonly rows: readonly Row[]
}

/** "seeds 1 to 3", "seed 1" */
export function seedsOf(rows: readonly Row[]): string {
  const seeds = rows.flatMap(({ runs }) => runs.map(({ seed }) => seed))
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)]
  return least === most ? `seed ${least}` : `seeds ${least} to ${most}`
}
