import { accuracy, summarize } from '../../format.ts'
import { type Html, html } from '../../page/html.ts'
import { figure, legend, paragraph, type Section, table } from '../../page/page.ts'
import { chart } from '../../page/plot.ts'
import { meanOf, type Row, summaryOf, tunedOn } from '../figures.ts'
import { type Published, publishedOf } from '../published.ts'
import { keepsText, publishedText, sentencesOf, spread } from '../tables.ts'
import { minutes, scenarioName, settingsText, signed } from '../words.ts'
import { averageOptions, COLOURS, labelOf } from './charts.ts'
import { type ReportData, type ScenarioData, seedsOf } from './data.ts'

/** what is left of all tasks in the end: the tables that the terminal shows, and a chart of them */
export const outcome = (data: ReportData): Section => ({
  id: 'outcome',
  title: 'What is left of all tasks',
  parts: data.scenarios.flatMap((one) => partsOf(data, one)),
})

function partsOf({ protocol }: ReportData, { scenario, rows }: ScenarioData): Html[] {
  const published = publishedOf(protocol, scenario)
  const said = rows.map((row) => `${labelOf(row, rows)} ${accuracy(meanOf(row))}`).join(', ')
  const theirs = published.map(({ method, value }) => `${method} ${accuracy(value)}`).join(', ')
  return [
    figure({
      title: `Average accuracy, ${scenarioName(scenario)}`,
      body: chart((size) => averageOptions(rows, published, size)),
      legend: legend(COLOURS),
      sentence: `Further right is better: a large dot is the mean over seeds, small dots are single seeds${published.length > 0 ? ', and an open diamond is a published number' : ''}.`,
      description: `A dot a method on a scale of accuracy, after the last task, over all tasks. Ours: ${said}. ${theirs === '' ? '' : `Published: ${theirs}.`}`,
    }),
    oursTable({ scenario, rows }),
    ...(published.length > 0 ? [publishedTable(published)] : []),
    ...sentencesOf(rows)
      .filter((line) => !line.startsWith('*'))
      .map(paragraph),
  ]
}

function oursTable({ scenario, rows }: ScenarioData): Html {
  const mean = (row: Row, measure: Parameters<typeof summaryOf>[1]) => {
    const found = summaryOf(row, measure)
    return found ? signed(found.mean) : ''
  }
  return table({
    caption: `Test accuracy, ${scenarioName(scenario)}, ${seedsOf(rows)}`,
    head: ['method', 'settings', 'average', 'BWT', 'forgetting', 'learnt', 'a run', 'keeps', 'tuned on'],
    names: 2,
    rows: rows.map((row) => {
      const average = summaryOf(row, 'acc')
      return [
        row.method,
        settingsText(row.settings),
        average ? spread(average) : '',
        mean(row, 'bwt'),
        mean(row, 'forgetting'),
        mean(row, 'learning-accuracy'),
        minutes(summarize(row.runs.map(({ seconds }) => seconds)).mean),
        keepsText(row),
        tunedOn(row).replace('-', ' '),
      ]
    }),
    note: html`<em>average</em> is over all tasks, after the last, mean \u00b1 deviation of a sample over seeds. <em>BWT</em>, backward transfer, is what became of a task\u2019s accuracy since it was learnt; <em>forgetting</em> what was lost since it was best; <em>learnt</em> the mean accuracy on a task just after it. <em>keeps</em> is what the method keeps besides the network\u2019s weights. Settings were tuned on held-out training images, where at all; those of a row that says <em>given</em> or <em>test seen</em> were not.`,
  })
}

function publishedTable(published: readonly Published[]): Html {
  const note = published.some(({ spread }) => spread?.of === 'mean')
    ? { note: '* the deviation of the mean, not of the runs, as its source prints it' }
    : {}
  return table({
    caption: 'What others printed',
    head: ['method', 'seeds', 'average', 'source', 'what differs'],
    rows: published.map((one) => [
      one.method,
      String(one.runs ?? ''),
      publishedText(one, '*'),
      one.source,
      [one.keeps && `keeps ${one.keeps === 'generator' ? 'a generator' : 'samples'}`, one.differs]
        .filter(Boolean)
        .join('; '),
    ]),
    ...note,
  })
}
