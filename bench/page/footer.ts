import type { Report } from '../report.ts'
import { type Html, html } from './html.ts'

/** version, commit, machine and date of a report */
export function footerOf({ version, commit, node, date, machine }: Report): Html {
  const load = machine.loadAverage.toFixed(2)
  return html`<p>palimpsest ${version}${commit === null ? '' : `, commit ${commit.slice(0, 12)}${commit.endsWith('-dirty') ? ' with changes' : ''}`}; Node ${node}; ${machine.cpu}, ${machine.threads} of ${machine.cores} cores, ${machine.isa}, load average ${load} before the run; ${date.slice(0, 16).replace('T', ' ')} UTC.</p>`
}
