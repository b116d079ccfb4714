import * as Plot from '@observablehq/plot'
import { COLOUR } from '../../page/plot.ts'
import { number } from '../print.ts'
import type { SpeedReport } from '../saved.ts'
import { BANDWIDTHS, roofPoints, valuesOf } from './bounds.ts'
import { HALO, svg } from './svg.ts'

const ROOF_DESCRIPTION =
  'The roofline of one core: slopes are the bandwidths of caches and memory, the flat roof is the FMA peak, dots are what the kernels reach'

/** of those whose names have room, and how far below their dots */
const NAMED: Readonly<Record<string, number>> = {
  '1 × 100 × 784 NT': -12,
  '100 × 10 × 100 NT': 14,
  '100 × 100 × 784 NT': 30,
  'Adam, 784-100-10': 12,
  'Adam, 784-1000-1000-10': 12,
  'a batch is gathered': 12,
}

/** Products and what memory bounds under the roofs. */
export function roofSvg(report: SpeedReport): string {
  const peak = valuesOf(report)(`peak/${report.machine.isa}`)
  const [left, right] = [0.1, 400]
  const roofs = Object.entries(BANDWIDTHS).map(([level, rate]) => ({ level, rate, end: peak / rate }))
  const slopes = roofs.flatMap(({ level, rate, end }) => [
    { level, x: left, y: left * rate },
    { level, x: end, y: peak },
  ])
  const points = roofPoints(report).map((point) => ({
    ...point,
    colour: point.kind === 'product' ? COLOUR.ewc : COLOUR.none,
  }))
  const axis = {
    type: 'log',
    base: 2,
    labelAnchor: 'center',
    labelArrow: 'none',
    grid: true,
    tickFormat: String,
  } as const
  return svg(ROOF_DESCRIPTION, {
    height: 420,
    marginLeft: 118,
    marginRight: 56,
    marginTop: 24,
    marginBottom: 46,
    x: {
      ...axis,
      domain: [left, right],
      label: 'FLOP a byte that must move at least',
      ticks: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200],
    },
    y: {
      ...axis,
      axis: 'right',
      labelAnchor: 'top',
      domain: [1.5, 160],
      label: 'GF/s',
      ticks: [2, 5, 10, 20, 50, 100],
    },
    color: { type: 'identity' },
    marks: [
      Plot.line(slopes, { x: 'x', y: 'y', z: 'level', stroke: COLOUR.grey, strokeDasharray: '5 4', clip: true }),
      Plot.ruleY([{ y: peak }], {
        x1: peak / BANDWIDTHS.L1,
        x2: right,
        y: 'y',
        stroke: 'currentColor',
        strokeWidth: 1.5,
      }),
      Plot.text([{ y: peak }], {
        x: right,
        y: 'y',
        text: () => `FMA ${number(peak)} GF/s`,
        textAnchor: 'end',
        dy: -10,
      }),
      Plot.text(roofs, {
        x: left,
        y: ({ rate }: { readonly rate: number }) => left * rate,
        text: ({ level, rate }: { readonly level: string; readonly rate: number }) => `${level} ${rate} GB/s`,
        textAnchor: 'end',
        dx: -8,
      }),
      Plot.dot(points, { x: 'intensity', y: 'rate', fill: 'colour', fillOpacity: 0.85, r: 4 }),
      // an offset is of a mark, not of a point
      ...points.flatMap((point) => {
        const dy = NAMED[point.name]
        const text = { x: 'intensity', y: 'rate', text: 'name', textAnchor: 'start', dx: 6, dy, ...HALO }
        return dy === undefined ? [] : [Plot.text([point], text)]
      }),
    ],
  })
}
