import { join } from 'node:path'
import { accuracy } from '../../format.ts'
import { footerOf } from '../../page/footer.ts'
import { type Html, html } from '../../page/html.ts'
import { page } from '../../page/page.ts'
import { type Report, writeJson, writeText } from '../../report.ts'
import { bestOf, jointOf, meanOf, type Row } from '../figures.ts'
import { protocolOf, SCENARIOS, type StreamName } from '../protocols.ts'
import { scenarioName } from '../words.ts'
import { cost } from './cost.ts'
import type { ReportData } from './data.ts'
import { matrices } from './matrices.ts'
import { outcome } from './outcome.ts'
import { provenance } from './provenance.ts'

/** Writes the runs of one protocol into a folder, and the page beside them. */
export function writeReport(folder: string, result: Report, rows: readonly Row[]): void {
  const [first] = rows
  if (!first) return
  const { protocol } = first
  const { stream } = protocolOf(protocol)
  const scenarios = SCENARIOS.map((scenario) => ({ scenario, rows: rows.filter((row) => row.scenario === scenario) }))
  const shown = scenarios.filter((one) => one.rows.length > 0)
  const [json, page] = [join(folder, `${stream}.json`), join(folder, 'index.html')]
  writeJson(json, result)
  writeText(page, streamPage({ result, protocol, scenarios: shown, file: `${stream}.json` }))
  console.log(`wrote ${json} and ${page}`)
}

/** The report of a stream, as one HTML page. */
const streamPage = (data: ReportData): string =>
  page({
    title: TITLES[protocolOf(data.protocol).stream],
    intro: intro(data),
    sections: [outcome(data), ...matrices(data), cost(data), provenance(data)],
    footer: footerOf(data.result),
  })

const TITLES: Readonly<Record<StreamName, string>> = {
  'mnist-fashion': 'MNIST, then Fashion-MNIST',
  'split-mnist': 'MNIST, two digits at a time',
  'permuted-mnist': 'MNIST, its pixels permuted anew for every task',
  'rotated-mnist': 'MNIST, turned further with every task',
}

function intro({ protocol, scenarios, result }: ReportData): Html {
  const { tasks } = protocolOf(protocol)
  return html`<p>A network learns ${tasks} tasks, one after the other, and never sees an old one again. What is left of all of them in the end, by method?</p>
${scenarios.map(({ scenario, rows }) => {
  const none = rows.find(({ method }) => method === 'none')
  const [joint, best] = [jointOf(rows), bestOf(rows)]
  if (!none || !joint || !best) return ''
  return html`<p>Seen as ${scenarioName(scenario)}, trained plainly it has <strong>${accuracy(meanOf(none))}</strong> of all tasks right, with the best method that keeps no sample, ${best.method}, <strong>${accuracy(meanOf(best))}</strong>; trained on all of them at once ${accuracy(meanOf(joint))}.</p>
`
})}${result.options.part === 'quick' ? html`<p><strong>A quick run:</strong> a tenth of the images and a twentieth of the budget. These accuracies say nothing about the methods.</p>` : ''}`
}
