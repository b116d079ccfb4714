import { accuracy } from '../../format.ts'
import { html } from '../../page/html.ts'
import { paragraph, type Section, table } from '../../page/page.ts'
import { commandOf } from '../parts.ts'
import { protocolOf } from '../protocols.ts'
import { protocolText } from '../words.ts'
import { type ReportData, seedsOf } from './data.ts'

/** protocol, seeds, targets, and what makes every row again */
export function provenance({ result, protocol, scenarios, file }: ReportData): Section {
  const rows = scenarios.flatMap((one) => one.rows)
  const asked = result.figures.flatMap(({ name, value, target, params }) =>
    target === undefined
      ? []
      : [
          [
            name,
            accuracy(value),
            accuracy(target),
            accuracy(Number(params?.stretch)),
            value >= target ? 'met' : 'missed',
          ],
        ],
  )
  return {
    id: 'provenance',
    title: 'Where the numbers come from',
    parts: [
      paragraph(
        html`<em>${protocol}</em>: ${protocolText(protocolOf(protocol))} The numbers of ${seedsOf(rows)} drive initial weights, the order of samples, and the stream where it is drawn; the same seed gives the same weights on any number of threads.`,
      ),
      ...(asked.length > 0
        ? [
            table({
              caption: 'Figures with a target',
              head: ['figure', 'this run', 'required', 'stretch', ''],
              rows: asked,
            }),
          ]
        : []),
      table({
        caption: 'What makes every row again',
        head: ['row', 'command'],
        names: 2,
        rows: rows.map((row) => [`${row.scenario} ${row.method}`, html`<code>${commandOf(row)}</code>`]),
      }),
      paragraph(
        html`Every run is in <code>${file}</code> beside this page, with its seed, its whole matrix and the checksum of its final weights.`,
      ),
    ],
  }
}
