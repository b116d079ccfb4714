import { provenanceOf } from '../page/provenance.ts'
import { svg } from '../speed/document/svg.ts'
import { averageOptions } from './page/charts.ts'
import { firstTaskOptions } from './page/lines.ts'
import { commandOf, fileOf, type Part, partsOf, partText, picturesOf, type StreamReport } from './parts.ts'
import { protocolOf } from './protocols.ts'
import { publishedOf } from './published.ts'
import { targetTable } from './target-table.ts'
import { protocolText } from './words.ts'

const README = ['README.md', 'README.ja.md'] as const
const MARK = /(<!-- results: targets -->\n).*?(\n<!-- results -->)/s

/** Every file that quotes the results, as it should be: paths from the root of the project, and texts. */
export function documents(reports: readonly StreamReport[], read: (path: string) => string): Map<string, string> {
  const parts = reports.flatMap(partsOf)
  const quoted = (page: string) =>
    page.replace(MARK, (_, begin: string, end: string) => begin + targetTable(parts) + end)
  return new Map([
    ['docs/results.md', resultsPage(reports)],
    ...parts.flatMap(picture),
    ...README.map((path) => [path, quoted(read(path))] as const),
  ])
}

// beyond those that every drawing has
const COLOURS = `
svg { --other: #a3568a; --line: #ddd7ca; }
@media (prefers-color-scheme: dark) { svg { --other: #dd9cc8; --line: #34363f; } }
`
const SIZE = { width: 760, narrow: false }

function picture(part: Part): (readonly [string, string])[] {
  const { protocol, scenario, rows } = part
  const options = [averageOptions(rows, publishedOf(protocol, scenario), SIZE), firstTaskOptions(rows, SIZE)]
  return Object.entries(picturesOf(part)).map(([name, what], index) => [
    `docs/figures/${name}`,
    svg(what, options[index] ?? {}, COLOURS),
  ])
}

const INTRO = `# Results

Test accuracy of every method on published protocols, beside what was published. \`npm run bench -- results --document .\` writes this
page, its pictures and the table of README from \`bench/results/<stream>-<protocol>.json\`; a test holds them to these files.

- *average* (ACC) is the mean over all tasks of the test accuracy after the last; *BWT*, *FWT*, *forgetting* and *learning accuracy*
  are defined, with their sources, in [\`metrics.ts\`](../src/continual/metrics.ts). Numbers after \u00b1 are deviations of a sample over seeds.
- *a run* is the wall time of one seed, evaluations included, with other runs beside it; *keeps* is what the method keeps besides the
  network's weights, and *samples* whether training samples are among it.
- *joint* trains on all tasks at once, with as many steps: what there is to reach. It sees all samples, and so is no rival. Its rate and
  schedule were tuned as those of the rows beside it; a row without them is the protocol's own.
- *tuned on* says how far the settings had seen the stream: *nothing* (defaults), *first-task*, *all-tasks* or *other-stream*, by held-out
  training images; *test-seen* were taken after test accuracies of others had been seen, and *given* come from the command line: neither is a
  candidate for a target.
- In the table of targets brackets hold what neither the protocol nor the method's paper has: *average 1* is the mean of the weights over the last
  epoch of each task, *reset* an Adam that starts anew with each task, *floor* the one for silent units. A stretch is met where the mean is above it
  by its standard error.
- In pictures a large dot is the mean of ours, small ones are seeds, a diamond is a published number. Blue is EWC with a diagonal Fisher,
  orange keeps nothing, grey keeps samples.`

function resultsPage(reports: readonly StreamReport[]): string {
  return `${[INTRO, '## Targets', targetTable(reports.flatMap(partsOf)), ...reports.map(reportText)].join('\n\n')}\n`
}

function reportText(report: StreamReport): string {
  const parts = partsOf(report)
  const [first] = parts
  if (!first) return ''
  const { protocol } = first
  return [
    `## ${protocolOf(protocol).stream}, protocol ${protocol}`,
    protocolText(protocolOf(protocol)),
    `From [\`${fileOf(protocol)}\`](../${fileOf(protocol)}): ${provenanceOf(report)}`,
    ...parts.map(partText),
    `Every row again:\n\n${parts
      .flatMap(({ rows }) => rows.map(commandOf))
      .map((line) => `    ${line}`)
      .join('\n')}`,
  ].join('\n\n')
}
