import { html } from '../../page/html.ts'
import { page, type Section, table } from '../../page/page.ts'
import type { Report } from '../../report.ts'
import { type Found, mark, number, targetText } from '../print.ts'
import { meets } from '../section.ts'
import { Figures, quartilesOf } from './figures.ts'
import { kernelSections } from './kernels.ts'
import { inferenceSections, peerSections } from './peers.ts'
import { scalingSections } from './scaling.ts'
import { stepSections } from './step.ts'
import { threadSections } from './threads.ts'

/** What was measured, drawn; then every number, with its target. */
export function speedPage(found: readonly Found[], result: Report): string {
  const figures = new Figures(result)
  const judged = result.figures.filter(({ target }) => target !== undefined)
  const met = judged.filter(meets).length
  const { machine, options, node, date, commit } = result
  const load = [machine.loadAverage, machine.loadAverageAfter ?? Number.NaN].map((one) => one.toFixed(2))
  return page({
    title: 'How fast it is',
    intro: html`<p>Kernels, training steps, Fisher, inference and threads, each against a limit that was measured in the same run.
<strong>${met} of ${judged.length} targets are met.</strong></p>`,
    sections: [
      ...kernelSections(figures),
      ...stepSections(figures),
      ...threadSections(figures),
      ...scalingSections(figures),
      ...inferenceSections(figures),
      ...peerSections(figures, result),
      numbers(found),
    ],
    footer: html`<p>npm run bench -- speed --rounds ${String(options.rounds)}, ${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores,
tables up to ${machine.isa}, Node ${node}, load average ${load[0] ?? ''} before and ${load[1] ?? ''} after, commit ${commit ?? 'unknown'}.</p>`,
  })
}

const numbers = (found: readonly Found[]): Section => ({
  id: 'numbers',
  title: 'Every number',
  parts: found
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, sentence, rows }) =>
      table({
        caption: title,
        head: ['', 'median', 'middle half', 'samples', 'target', ''],
        rows: rows.flat().map((figure) => {
          const unit = figure.unit === 'ratio' ? '' : ` ${figure.unit}`
          const half = quartilesOf(figure).map(number).join(' to ')
          return [
            figure.name,
            `${number(figure.value)}${unit}`,
            half,
            String(figure.n),
            targetText(figure),
            mark(figure),
          ]
        }),
        note: sentence,
      }),
    ),
})
