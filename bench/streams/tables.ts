import Table from 'cli-table3'
import { accuracy, duration, PLAIN, summarize } from '../format.ts'
import { averageOf, type Row } from './figures.ts'
import type { ProtocolName } from './protocols.ts'

export function streamTable(protocol: ProtocolName, rows: readonly Row[]): string {
  const table = new Table({ ...PLAIN, head: [protocol, 'method', 'settings', 'seeds', 'average', 'time'] })
  for (const { scenario, method, settings, runs } of rows) {
    const { mean, std, n } = summarize(runs.map(averageOf))
    const seconds = summarize(runs.map((run) => run.seconds)).mean
    table.push([
      scenario,
      method,
      JSON.stringify(settings),
      n,
      `${accuracy(mean)} \u00b1 ${accuracy(std)}`,
      duration(seconds),
    ])
  }
  return table.toString()
}
