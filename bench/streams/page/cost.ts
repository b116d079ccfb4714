import { summarize } from '../../format.ts'
import { type Html, html } from '../../page/html.ts'
import { figure, paragraph, type Section } from '../../page/page.ts'
import { chart } from '../../page/plot.ts'
import { minutes, scenarioName } from '../words.ts'
import { costOptions, labelOf } from './charts.ts'
import type { ReportData, ScenarioData } from './data.ts'

/** seconds and bytes */
export const cost = ({ scenarios, result }: ReportData): Section => ({
  id: 'cost',
  title: 'What it costs',
  parts: [
    ...scenarios.map(costFigure),
    paragraph(
      html`Wall time of one seed, evaluations included, with ${result.machine.threads === 1 ? 'one run' : `up to ${result.machine.threads} runs`} at once on ${result.machine.cores} cores. Beside the bar: the time, and what the method keeps besides the network\u2019s weights.`,
    ),
  ],
})

function costFigure({ scenario, rows }: ScenarioData): Html {
  const said = rows.map((row) => `${labelOf(row, rows)} ${minutes(summarize(row.runs.map((run) => run.seconds)).mean)}`)
  return figure({
    title: `Time and memory, ${scenarioName(scenario)}`,
    body: chart((size) => costOptions(rows, size)),
    sentence: 'Shorter bars are cheaper.',
    description: `A bar of seconds a run for each method: ${said.join(', ')}.`,
  })
}
