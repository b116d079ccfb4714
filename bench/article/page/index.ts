import { accuracy, summarize } from '../../format.ts'
import { linesOf } from '../../ladder/lines.ts'
import { ladderSection } from '../../ladder/sections.ts'
import { footerOf } from '../../page/footer.ts'
import { type Html, html } from '../../page/html.ts'
import { page, type Section } from '../../page/page.ts'
import { speedSection } from '../../peers/section.ts'
import { committed } from '../../project.ts'
import type { RunRecord } from '../run.ts'
import { type ReportData, rowOf } from './data.ts'
import { displacement } from './displacement.ts'
import { forgetting } from './forgetting.ts'
import { front } from './front.ts'
import { importance } from './importance.ts'
import { outcome } from './outcome.ts'
import { provenance } from './provenance.ts'
import { silent } from './silent.ts'

const speed = ({ rows, peers, epochs, quick }: ReportData) => speedSection(rows, peers, epochs === 4 && !quick)

/** as committed: it takes minutes */
const ladder = (): Section => {
  const { runs, options } = committed('ladder')
  return ladderSection(linesOf(runs as RunRecord[]), Number(options.seeds))
}

const SECTIONS: readonly ((data: ReportData) => Section)[] = [
  outcome,
  forgetting,
  displacement,
  importance,
  front,
  silent,
  ladder,
  speed,
  provenance,
]

/** The report of the article's experiment, as one HTML page. */
export const reportPage = (data: ReportData): string =>
  page({
    title: 'Learning Fashion-MNIST without forgetting MNIST',
    intro: intro(data),
    sections: SECTIONS.map((section) => section(data)),
    footer: footerOf(data.result),
  })

function intro(data: ReportData): Html {
  const kept = (['none', 'ewc', 'joint'] as const).map((method) => {
    const row = rowOf(data, 'recommended', method)
    return row ? accuracy(summarize(row.values.mnist).mean) : null
  })
  const [none, ewc, joint] = kept
  return html`<p>A network learns to read digits, then to tell clothes apart. Learning the second task writes over the weights of the first, and the digits are forgotten. Elastic Weight Consolidation (EWC) measures how much each weight matters to the digits, and holds it as firmly as that.</p>
${none && ewc && joint ? html`<p>After both tasks the recommended recipe reads <strong>${none}</strong> of the digits right without EWC and <strong>${ewc}</strong> with it. A network that learns both at once reads ${joint}.</p>` : ''}
${data.quick ? html`<p><strong>A quick run:</strong> a tenth of the images and one epoch. These accuracies say nothing about the method.</p>` : ''}`
}
