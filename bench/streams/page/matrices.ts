import { accuracy, summarize } from '../../format.ts'
import { type Html, html } from '../../page/html.ts'
import { picture, scale } from '../../page/image.ts'
import { figure, paragraph, type Section } from '../../page/page.ts'
import { chart } from '../../page/plot.ts'
import { meanOf, type Row } from '../figures.ts'
import { scenarioName } from '../words.ts'
import { labelOf } from './charts.ts'
import { type ReportData, type ScenarioData, seedsOf } from './data.ts'
import { firstTaskOptions, walked } from './lines.ts'

/** every task after every task, as pictures, and the first of them as lines */
export function matrices(data: ReportData): Section[] {
  const parts = data.scenarios.filter(({ rows }) => walked(rows).length > 0)
  if (parts.length === 0) return []
  return [
    {
      id: 'matrices',
      title: 'Every task, after every task',
      parts: [
        paragraph(
          'A row of a picture is a moment, after a task was learnt, from the first at the top to the last at the bottom; a column is a task. On the diagonal stands what was just learnt; from there down one sees what becomes of it.',
        ),
        ...parts.map(matrixFigure),
      ],
    },
    {
      id: 'first-task',
      title: 'What becomes of the first task',
      parts: parts.map(lineFigure),
    },
  ]
}

function matrixFigure({ scenario, rows }: ScenarioData): Html {
  const shown = walked(rows)
  const lowest = shown.map((row) => `${labelOf(row, rows)} ${accuracy(lastOfFirst(row))}`).join(', ')
  return figure({
    title: `Accuracy matrices, ${scenarioName(scenario)}`,
    body: html`<div class="pictures">${shown.map((row) => tile(row, rows))}</div>${scale('0', '1')}`,
    sentence: `Bright is right: a method that forgets is bright on the diagonal alone, one that keeps what it learnt stays bright down every column. Means over ${seedsOf(rows)}.`,
    description: `A triangle of accuracies for each method. On the first task, at the end of the stream: ${lowest}.`,
  })
}

function tile(row: Row, rows: readonly Row[]): Html {
  const matrix = meanMatrix(row)
  const image = picture(matrix.length, matrix.length, (task, moment) => matrix[moment]?.[task] ?? null)
  return html`<div>${image}<div class="caption"><b>${labelOf(row, rows)}</b>average ${accuracy(meanOf(row))}</div></div>`
}

/** over the seeds */
export function meanMatrix({ runs }: Pick<Row, 'runs'>): number[][] {
  const [first] = runs
  return (first?.accuracy ?? []).map((moment, i) =>
    moment.map((_, j) => summarize(runs.map(({ accuracy }) => accuracy[i]?.[j] ?? Number.NaN)).mean),
  )
}

const lastOfFirst = (row: Row) => meanMatrix(row).at(-1)?.[0] ?? Number.NaN

function lineFigure({ scenario, rows }: ScenarioData): Html {
  const shown = walked(rows)
  const said = shown.map((row) => {
    const matrix = meanMatrix(row)
    return `${labelOf(row, rows)} from ${accuracy(matrix[0]?.[0] ?? Number.NaN)} to ${accuracy(matrix.at(-1)?.[0] ?? Number.NaN)}`
  })
  return figure({
    title: `Accuracy on the first task, ${scenarioName(scenario)}`,
    body: chart((size) => firstTaskOptions(rows, size)),
    sentence: `The first task is never seen again: how far a line falls is what learning the others cost it. Means over ${seedsOf(rows)}; names stand at the ends of their lines.`,
    description: `A line a method, over the tasks learnt: ${said.join(', ')}.`,
  })
}
