import * as Plot from '@observablehq/plot'
import type { Found } from '../../fuzz/found.ts'
import { COLOUR } from '../../page/plot.ts'
import type { Soaked } from '../../soak/command.ts'
import { svg } from '../../speed/document/svg.ts'
import { table } from '../../speed/document/tables.ts'
import { number } from '../../speed/print.ts'
import { type Committed, count, FIGURES, figuresIn, originOf, type Part, shown } from './parts.ts'

/** What hostile input found. */
export function fuzzPart(committed: Committed): Part {
  const found = committed.report.runs as readonly Found[]
  const rows = found.map(({ name, executions, seconds, covered, unit, crashes }) => [
    name,
    count(executions),
    number(executions / seconds),
    `${count(covered)} ${unit}`,
    String(crashes.length),
  ])
  const all = found.reduce((sum, { executions }) => sum + executions, 0)
  const text = [
    '## Fuzzed',
    originOf(committed),
    `${count(all)} hostile inputs to every native entry point (\`bindings\`, under AddressSanitizer and UndefinedBehaviorSanitizer) and to every parser, each
changed from one that had led to code not seen before.`,
    table(['target', 'inputs', 'a second', 'code reached', 'crashes'], rows),
  ].join('\n\n')
  return { text, pictures: new Map() }
}

const NAME = 'service-soak.svg'
const DESCRIPTION =
  'Resident memory of each scenario of the soak beyond its first look, in megabytes over the minutes: flat lines leak nothing'

/** How memory went while things were made and dropped. */
export function soakPart(committed: Committed): Part {
  const all = committed.report.runs as readonly Soaked[]
  const figure = figuresIn(committed)
  const rows = all.map(({ name, looks }) => {
    const slope = figure(`soak/${name}/rss/slope`)
    const half = Number(slope?.params?.half95)
    const grown = (what: string) => String(figure(`soak/${name}/${what}/growth`)?.value)
    return [
      name,
      count(looks.at(-1)?.rounds ?? 0),
      `${signed(slope?.value ?? Number.NaN)} \u00b1 ${half.toFixed(2)} MB`,
      `${signed((figure(`soak/${name}/rss/growth`)?.value ?? Number.NaN) / 2 ** 20)} MB`,
      grown('handles'),
      grown('threads'),
    ]
  })
  const text = [
    '## Soaked',
    originOf(committed),
    `Each scenario makes things and drops them, again and again, for its share of ${Number(committed.report.options.minutes)} minutes. Memory is looked at after garbage
was collected; the first quarter, which only warms up, is left out.`,
    shown(NAME, DESCRIPTION),
    table(
      [
        'scenario',
        'rounds',
        'resident memory, a minute',
        'from the first look to the last',
        'handles that stayed',
        'threads that stayed',
      ],
      rows,
    ),
  ].join('\n\n')
  return { text, pictures: new Map([[FIGURES + NAME, soakSvg(all)]]) }
}

const signed = (value: number): string => (value < 0 ? '\u2212' : '') + Math.abs(value).toFixed(2)

function soakSvg(all: readonly Soaked[]): string {
  const points = all.flatMap(({ name, looks }) =>
    looks.map(({ seconds, rss }) => ({ name, minutes: seconds / 60, grown: (rss - (looks[0]?.rss ?? 0)) / 2 ** 20 })),
  )
  const panel = { fy: 'name' } as const
  return svg(DESCRIPTION, {
    height: 70 + 82 * all.length,
    marginLeft: 56,
    marginRight: 12,
    marginTop: 24,
    marginBottom: 44,
    x: { label: 'minutes', labelAnchor: 'center', labelArrow: 'none', zero: true },
    y: { label: null, grid: true, ticks: 3, nice: true },
    fy: { domain: all.map(({ name }) => name), axis: null, padding: 0.4 },
    marks: [
      Plot.ruleY([0], { stroke: COLOUR.grey }),
      Plot.line(points, { ...panel, x: 'minutes', y: 'grown', stroke: COLOUR.ewc, strokeWidth: 2 }),
      Plot.text(all, { ...panel, frameAnchor: 'top-left', text: 'name', dy: -16, fontWeight: 600 }),
    ],
  })
}
