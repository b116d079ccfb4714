import { figure, legend, paragraph, type Section } from '../../page/page.ts'
import { COLOUR } from '../../page/plot.ts'
import type { Report } from '../../report.ts'
import { NETS } from '../inside.ts'
import { outcomeLines } from '../peers.ts'
import { outcomesIn } from '../saved.ts'
import { bars, type Group, lines, type Point, short } from './charts.ts'
import { type Figures, quartilesOf } from './figures.ts'

const COLOURS: Readonly<Record<string, string>> = {
  palimpsest: COLOUR.ewc,
  'onnxruntime-node': COLOUR.none,
  pytorch: COLOUR.joint,
  'tfjs-wasm': COLOUR.other,
  openblas: COLOUR.none,
  blis: COLOUR.other,
  onednn: COLOUR.ewc,
}

const legendOf = (names: Iterable<string>) =>
  legend([...new Set(names)].map((label) => ({ label, colour: COLOURS[label] ?? COLOUR.grey })))

/** microseconds a row, ours and theirs */
export function inferenceSections(figures: Figures): Section[] {
  const parts = NETS.flatMap((net) => {
    const own = figures.matching(new RegExp(`^inference/${net.name}/(\\d+)$`)).map(
      ({ figure: { value }, parts: [batch] }): Point => ({
        series: 'palimpsest',
        x: Number(batch),
        y: value / Number(batch),
      }),
    )
    const theirs = figures.matching(new RegExp(`^peer/([^/]+)/inference/${net.name}/(\\d+)/ratio$`)).map(
      ({ figure: { params }, parts: [series = '', batch] }): Point => ({
        series,
        x: Number(batch),
        y: (Number(params?.theirSeconds) * 1e6) / Number(batch),
      }),
    )
    const points = [...own, ...theirs]
    const [first, last] = [own[0], own.at(-1)]
    if (!first || !last) return []
    return [
      figure({
        title: `Microseconds a row, ${net.name}`,
        body: lines(points, { colours: COLOURS, x: 'rows of a batch', y: 'microseconds a row' }),
        legend: legendOf(points.map(({ series }) => series)),
        sentence:
          'Lower is better: the time of a batch over its rows, one thread. Ours answers with labels and probabilities, the others with logits.',
        description: `A line a library over the batch. Ours takes ${short(first.y)} microseconds for a single row and ${short(last.y)} a row at ${last.x} rows.`,
      }),
    ]
  })
  return parts.length > 0 ? [{ id: 'inference', title: 'Inference', parts }] : []
}

const PARTS = [
  { title: 'Products, against other libraries', pattern: /^peer\/([^/]+)\/gemm\/(.*)\/ratio$/ },
  { title: 'Steps and Fisher, against other libraries', pattern: /^peer\/([^/]+)\/((?:step|fisher)\/.*)\/ratio$/ },
] as const

/** ratios of others to ours, around 1 */
export function peerSections(figures: Figures, report: Report): Section[] {
  const parts = PARTS.flatMap(({ title, pattern }) => {
    const groups = new Map<string, Group & { bars: Group['bars'][number][] }>()
    for (const { figure: ratio, parts } of figures.matching(pattern)) {
      const [series = '', what = ''] = parts
      const group = groups.get(what) ?? { label: labelOf(what), bars: [] }
      group.bars.push({ series, value: ratio.value, range: quartilesOf(ratio), target: ratio.target })
      groups.set(what, group)
    }
    const all = [...groups.values()].flatMap((group) => group.bars)
    if (all.length === 0) return []
    const faster = all.filter(({ value }) => value >= 1).length
    return [
      figure({
        title,
        body: bars([...groups.values()], {
          colours: COLOURS,
          label: 'their time, in times of ours',
          base: 1,
          limit: 1,
          log: true,
        }),
        legend: legendOf(all.map(({ series }) => series)),
        sentence:
          'To the right of the dashed line we are faster, to its left they are: times of the same work in the same rounds at equal threads, each result compared with ours first.',
        description: `Bars of the time of other libraries over ours, on a logarithmic axis: in ${faster} of ${all.length} we are at least as fast.`,
      }),
    ]
  })
  if (parts.length === 0) return []
  return [
    { id: 'peers', title: 'Other libraries', parts: [...parts, ...outcomeLines(outcomesIn(report)).map(paragraph)] },
  ]
}

/** of a product, a step or a Fisher */
function labelOf(what: string): string {
  const [, first = '', batch, threads] = /^step\/([^/]+)\/(\d+)\/(\d+)$/.exec(what) ?? []
  if (first !== '') return `step ${first}, batch ${batch}, ${threads === '1' ? '1 thread' : `${threads} threads`}`
  if (what === 'geometric-mean') return 'Geometric mean'
  const [head = '', second = '', third] = what.split('/')
  return third === undefined
    ? `${head.replaceAll('x', ' \u00d7 ')} ${second.toUpperCase()}`
    : `Fisher ${second}, ${third}`
}
