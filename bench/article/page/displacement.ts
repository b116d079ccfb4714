import * as Plot from '@observablehq/plot'
import { figure, legend, paragraph, type Section } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import { TRACES } from '../extras.ts'
import { RECIPE } from '../recipes.ts'
import { anatomyOf, type ReportData } from './data.ts'

const METHODS = ['none', 'ewc'] as const

/** how far each parameter moved, against its Fisher */
export function displacement(data: ReportData): Section {
  const all = METHODS.flatMap((method) =>
    anatomyOf(data, TRACES.recommended, method).movement.map((bin) => ({ ...bin, method })),
  )
  // a Fisher of 0 has no logarithm: it stands apart, at a power of ten left of what is shown, as Plot labels no other
  const shown = all.filter(({ from, count }) => from >= LEAST && count > 0)
  const first = Math.min(...shown.map(({ from }) => from))
  const end = Math.max(...shown.map(({ to }) => to))
  const zero = 10 ** Math.floor(Math.log10(first / 20))
  const positive = shown.map((bin) => ({ ...bin, fisher: Math.sqrt(bin.from * bin.to) }))
  const zeros = all
    .filter(({ to }) => to === 0)
    .map((bin) => ({ ...bin, fisher: bin.method === 'none' ? zero / 1.35 : zero * 1.35 }))
  const drawing = chart(({ narrow }) => ({
    height: narrow ? 320 : 420,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 28,
    marginBottom: 44,
    x: {
      type: 'log',
      domain: [zero / 2, end],
      label: 'Fisher of the parameter \u2192',
      labelAnchor: 'right',
      ticks: ticks(first, end, zero, narrow),
      tickFormat: (f: number) => (f === zero ? '0' : power(f)),
    },
    y: {
      type: 'log',
      label: '\u2191 |change| while Fashion-MNIST was learnt',
      labelAnchor: 'top',
      ticks: 5,
      tickFormat: power,
      nice: true,
    },
    color: { domain: METHODS, range: METHODS.map((method) => COLOUR[method]) },
    marks: [
      Plot.gridY({ stroke: COLOUR.line, strokeOpacity: 1, ticks: 5 }),
      Plot.areaY(positive, { x: 'fisher', y1: 'lower', y2: 'upper', fill: 'method', fillOpacity: 0.2 }),
      Plot.line(positive, { x: 'fisher', y: 'median', stroke: 'method', strokeWidth: 2.75 }),
      Plot.link(zeros, {
        x1: 'fisher',
        x2: 'fisher',
        y1: 'lower',
        y2: 'upper',
        stroke: 'method',
        strokeWidth: 6,
        strokeOpacity: 0.3,
      }),
      Plot.dot(zeros, { x: 'fisher', y: 'median', fill: 'method', r: 4.5 }),
    ],
  }))
  const costs = METHODS.map((method) => anatomyOf(data, TRACES.recommended, method).cost)
  const times = (costs[0] ?? 0) / (costs[1] ?? 1)
  const last = METHODS.map((method) => positive.findLast((bin) => bin.method === method))
  const [free, held] = last
  return {
    id: 'movement',
    title: 'EWC in one picture',
    parts: [
      paragraph(
        'Every parameter is put by how much MNIST needs it, and asked how far it went while Fashion-MNIST was learnt. Without EWC that makes no difference. With EWC the needed ones stay, and the others go further instead.',
      ),
      figure({
        title: 'How far parameters moved, against their Fisher',
        body: drawing,
        legend: legend([
          { label: 'without EWC', colour: COLOUR.none },
          { label: 'with EWC', colour: COLOUR.ewc },
        ]),
        sentence:
          'The further right, the more MNIST needs a parameter; the lower, the less it moved: a line is the median of parameters with about the same Fisher, its band holds the middle half of them.',
        description: `Two lines on logarithmic axes. Without EWC the line is nearly level: parameters move as far whatever their Fisher.${
          free && held
            ? ` With EWC it falls: at the largest Fisher the median change is ${held.median.toPrecision(2)}, against ${free.median.toPrecision(2)} without.`
            : ''
        }`,
      }),
      paragraph(
        `Weighed by the Fisher, as the penalty does it (half the sum of F times the squared change over all parameters), the network without EWC went ${Math.round(times).toLocaleString('en')} times as far: ${costs[0]?.toPrecision(2)} against ${costs[1]?.toPrecision(2)} nats. Seed 1 of the recommended recipe, lambda ${RECIPE.recommended.ewc.lambda}; the Fisher is drawn without the floor.`,
      ),
    ],
  }
}

// smaller ones are as good as 0: the penalty on them is too weak to be seen
const LEAST = 1e-9

const SUPERSCRIPT = ['\u2070', '\u00b9', '\u00b2', '\u00b3', '\u2074', '\u2075', '\u2076', '\u2077', '\u2078', '\u2079']

function power(value: number): string {
  const exponent = Math.round(Math.log10(value))
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPT[Number(digit)]).join('')
  return `10${exponent < 0 ? '\u207b' : ''}${digits}`
}

/** 0, and every second or third power of ten that is shown */
function ticks(first: number, last: number, zero: number, narrow: boolean): number[] {
  const [from, to] = [Math.ceil(Math.log10(first) - 0.01), Math.floor(Math.log10(last) + 0.01)]
  const powers = Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => 10 ** (from + i))
  return [zero, ...powers.filter((_, i) => i % (narrow ? 3 : 2) === 0)]
}
