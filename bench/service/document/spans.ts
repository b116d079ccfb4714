import * as Plot from '@observablehq/plot'
import { COLOUR } from '../../page/plot.ts'
import { svg } from '../../speed/document/svg.ts'

/** A delay of which two quantiles are known. */
export interface Span {
  readonly label: string
  /** milliseconds */
  readonly p50: number
  readonly p99: number
  readonly colour: string
  /** beside it */
  readonly text: string
}

const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

/** Quantiles in a row each, on a scale of decades, beside a limit where there is one. */
export function spansSvg(description: string, spans: readonly Span[], limit: number | null): string {
  const all = [...spans.flatMap(({ p50, p99 }) => [p50, p99]), ...(limit === null ? [] : [limit])]
  const from = TICKS.findLast((tick) => tick <= 0.9 * Math.min(...all)) ?? TICKS[0]
  const to = TICKS.find((tick) => tick >= 1.1 * Math.max(...all)) ?? TICKS.at(-1)
  const labels = spans.map(({ label }) => label)
  const place = { y: 'label' } as const
  return svg(description, {
    height: 84 + 28 * spans.length,
    marginLeft: 24 + 7.2 * Math.max(...labels.map(({ length }) => length)),
    marginRight: 24 + 7 * Math.max(...spans.map(({ text }) => text.length)),
    marginTop: 26,
    marginBottom: 44,
    x: {
      type: 'log',
      base: 2,
      domain: [from, to],
      ticks: TICKS.filter((tick) => tick >= (from ?? 0) && tick <= (to ?? Infinity)),
      tickFormat: String,
      label: 'milliseconds',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
    },
    y: { domain: labels, label: null, tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      ...(limit === null
        ? []
        : [
            Plot.ruleX([limit], { stroke: COLOUR.none, strokeWidth: 1.5, strokeDasharray: '5 4' }),
            Plot.text([limit], {
              x: (at: number) => at,
              frameAnchor: 'top',
              dy: -14,
              text: (at: number) => `${at} ms`,
              fill: COLOUR.none,
            }),
          ]),
      Plot.link(spans, { x1: 'p50', x2: 'p99', y1: 'label', y2: 'label', stroke: 'colour', strokeWidth: 2 }),
      Plot.dot(spans, { ...place, x: 'p50', fill: COLOUR.card, stroke: 'colour', strokeWidth: 2, r: 4.5 }),
      Plot.dot(spans, { ...place, x: 'p99', fill: 'colour', r: 5 }),
      Plot.text(spans, { ...place, text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 10 }),
    ],
  })
}
