import * as Plot from '@observablehq/plot'
import type { Kill } from '../../crash/kill.ts'
import { COLOUR } from '../../page/plot.ts'
import { svg } from '../../speed/document/svg.ts'
import { table } from '../../speed/document/tables.ts'
import { type Committed, count, FIGURES, figuresIn, originOf, type Part, shown } from './parts.ts'

const NAME = 'service-kills.svg'
const DESCRIPTION =
  'Changes that the file knew after each kill, a dot a kill, none below the line of what had been confirmed; a cross would be a kill that lost something'
const COLOURS: Readonly<Record<Kill['kind'], string>> = {
  analytic: COLOUR.grey,
  network: COLOUR.ewc,
  store: COLOUR.joint,
}

/** What processes that were killed while they learnt and saved had lost. */
export function killsPart(committed: Committed): Part {
  const kills = committed.report.runs as readonly Kill[]
  const all = Object.keys(COLOURS) as Kill['kind'][]
  const kinds = all.filter((kind) => kills.some((kill) => kill.kind === kind))
  const rows = kinds.map((kind) => {
    const of = kills.filter((kill) => kill.kind === kind)
    const ahead = of.filter(({ found, confirmed }) => found > confirmed)
    return [
      kind,
      count(of.length),
      count(Math.max(0, ...of.map(({ found }) => found))),
      count(of.filter(({ torn }) => torn).length),
      count(ahead.length),
      String(of.filter(({ fault }) => fault !== null).length),
    ]
  })
  const text = [
    '## Killed',
    originOf(committed),
    `A process learns, saves after every second change, and says so; it is killed (\`kill -9\`) up to ${Number(committed.report.options.within)} ms after it was ready, at random,
and the next one goes on from its file. After each kill the file must load, know all that was confirmed, and equal a classifier that was
never stopped, bit for bit. The next process removes the unfinished file of a save that was cut off: ${figuresIn(committed)('crash/left')?.value} were there in the end.`,
    shown(NAME, DESCRIPTION),
    table(
      ['model', 'kills', 'changes in the end', 'fell into a save', 'saved and not yet told', 'lost something'],
      rows,
    ),
  ].join('\n\n')
  return { text, pictures: new Map([[FIGURES + NAME, killsSvg(kills)]]) }
}

function killsSvg(kills: readonly Kill[]): string {
  const dots = kills.map((kill, index) => ({ ...kill, index: index + 1, colour: COLOURS[kill.kind] }))
  const ends = Object.keys(COLOURS).flatMap((kind) => dots.findLast((dot) => dot.kind === kind) ?? [])
  return svg(DESCRIPTION, {
    height: 320,
    marginLeft: 56,
    marginRight: 84,
    marginTop: 24,
    marginBottom: 44,
    x: { label: 'kill', labelAnchor: 'center', labelArrow: 'none', domain: [0, dots.length] },
    y: { label: 'changes', labelArrow: 'none', grid: true, nice: true, zero: true },
    color: { type: 'identity' },
    marks: [
      Plot.line(dots, { x: 'index', y: 'confirmed', z: 'kind', stroke: 'colour', curve: 'step-after' }),
      Plot.dot(
        dots.filter(({ fault }) => fault === null),
        { x: 'index', y: 'found', fill: 'colour', r: 2.5 },
      ),
      Plot.dot(
        dots.filter(({ fault }) => fault !== null),
        { x: 'index', y: 'found', symbol: 'times', stroke: COLOUR.none, strokeWidth: 2.5, r: 6 },
      ),
      Plot.text(ends, {
        x: 'index',
        y: 'found',
        text: 'kind',
        fill: 'colour',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  })
}
