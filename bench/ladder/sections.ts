import { type Content, type Html, html } from '../page/html.ts'
import { figure, legend, page, paragraph, type Section, table } from '../page/page.ts'
import { COLOUR, chart } from '../page/plot.ts'
import type { Report } from '../report.ts'
import type { Line } from './lines.ts'
import { DESCRIPTION, ladderOptions } from './plot.ts'
import type { Estimate } from './statistics.ts'
import { comparison, GROUPS, grouped, range, signed, spread, verdict } from './tables.ts'

export const HOW_TO_READ =
  'Further right is better: a dot is the mean over seeds of the average accuracy on both tasks, its line the 95 % interval of that mean, a faint dot one seed; the dashed line is the recommended recipe.'

export const NOTE = (seeds: number): string =>
  `Test accuracy after both tasks, mean \u00b1 deviation of seeds 1 to ${seeds}. A change is the mean of the differences seed by seed, with its 95 % interval (Student's t); "open" means that 0 is inside. ` +
  'Nothing was tuned on test images: the settings of the recommended recipe come from "palimpsest run select", the other lambdas from "palimpsest ladder --tune", both judged on 10,000 training images of each set that the runs did not learn, with other seeds. ' +
  'The intervals are one by one, not corrected for how many there are.'

/** The ladder as a section of a report: picture, sentence, tables, and what every line changes. */
export function ladderSection(lines: readonly Line[], seeds: number): Section {
  return {
    id: 'ladder',
    title: 'From the published recipe to ours, one change at a time',
    parts: [
      figure({
        title: 'Average accuracy, rung by rung',
        body: chart((size) => ladderOptions(lines, size)),
        legend: legend([
          { label: 'EWC, one change a line', colour: COLOUR.ewc },
          { label: 'without what the Fisher knows', colour: COLOUR.other },
          { label: 'for comparison', colour: COLOUR.grey },
        ]),
        sentence: HOW_TO_READ,
        description: `${DESCRIPTION}. The tables below have the numbers.`,
      }),
      ...grouped(lines).flatMap(([kind, some]): Html[] => (some.length > 0 ? [groupTable(kind, some)] : [])),
      paragraph(NOTE(seeds)),
      html`<h3>What every line changes, and why</h3>
<dl>${lines.map(({ rung }) => html`<dt><b>${rung.title}</b></dt><dd>${rung.why}</dd>`)}</dl>
`,
    ],
  }
}

const groupTable = (kind: Line['rung']['kind'], lines: readonly Line[]): Html =>
  table({
    caption: GROUPS[kind],
    head: ['', 'MNIST', 'Fashion-MNIST', 'average', `change to ${comparison(kind)}`],
    rows: lines.map(({ rung, mnist, fashion, average, difference }) => [
      rung.title,
      spread(mnist),
      spread(fashion),
      spread(average),
      difference ? changeCell(difference) : '',
    ]),
  })

function changeCell(difference: Estimate): Html {
  const { mean, interval } = difference
  if (!interval) return html`${signed(mean)}`
  return html`${signed(mean)}${verdict(difference) === 'open' ? ', open' : ''}<br><small>${range(interval)}</small>`
}

/** A page of its own. */
export function ladderPage(lines: readonly Line[], { options, machine, commit, date }: Report): string {
  const seeds = Number(options.seeds)
  const quick: Content = options.quick ? html`<p><strong>Quick: these accuracies say nothing.</strong></p>` : ''
  return page({
    title: 'The ladder',
    intro: html`<p>A network learns MNIST, then Fashion-MNIST. A published program keeps two thirds of MNIST; our recipe keeps nearly all
of it. The ladder climbs from one to the other, one change at a time, and asks whether the Fisher information earns its gain.</p>${quick}`,
    sections: [ladderSection(lines, seeds)],
    footer: html`<p>npm run bench -- ladder --seeds ${seeds}, ${date.slice(0, 10)}, ${machine.cpu}, ${machine.threads} threads, commit ${commit ?? 'unknown'}.</p>`,
  })
}
