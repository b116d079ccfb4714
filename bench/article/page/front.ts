import * as Plot from '@observablehq/plot'
import { accuracy, summarize } from '../../format.ts'
import { figure, legend, paragraph, type Section, table } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import { LAMBDAS, sweepName } from '../extras.ts'
import { RECIPE } from '../recipes.ts'
import { spread } from '../tables.ts'
import { extrasOf, type ReportData, rowOf, seedsOf } from './data.ts'

interface Point {
  readonly label: string
  readonly mnist: number
  readonly fashion: number
}

/** accuracy on both tasks against lambda */
export function front(data: ReportData): Section {
  const sweep = LAMBDAS.map((lambda) => {
    const runs = extrasOf(data, sweepName(lambda), 'ewc').flatMap(({ after }) => after.at(-1) ?? [])
    return { lambda, runs, mnist: runs.map(({ mnist }) => mnist), fashion: runs.map(({ fashion }) => fashion) }
  })
  const means = sweep.map(({ lambda, mnist, fashion }) => point(lambda.toLocaleString('en'), mnist, fashion))
  const seen = sweep.flatMap(({ runs }) => runs)
  const ends = (['none', 'joint'] as const).flatMap((method) => {
    const row = rowOf(data, 'recommended', method)
    return row ? [{ method, ...point(NAMES[method], row.values.mnist, row.values.fashion) }] : []
  })
  const seeds = sweep[0]?.runs.length ?? 0
  const { lambda: chosen } = RECIPE.recommended.ewc
  const drawing = chart(({ narrow }) => ({
    height: narrow ? 330 : 430,
    marginLeft: 40,
    marginRight: narrow ? 16 : 40,
    marginTop: 30,
    marginBottom: 42,
    grid: false,
    x: {
      label: 'Fashion-MNIST \u2192',
      nice: true,
      ticks: narrow ? 4 : 7,
      tickFormat: '.2f',
      insetLeft: narrow ? 36 : 30,
      insetRight: 12,
      labelAnchor: 'right',
    },
    y: { label: '\u2191 MNIST', nice: true, ticks: 6, tickFormat: '.2f', inset: 12, labelAnchor: 'top' },
    marks: [
      Plot.gridX({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.gridY({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.line(means, { x: 'fashion', y: 'mnist', stroke: COLOUR.ewc, strokeWidth: 2, curve: 'monotone-x' }),
      Plot.dot(seen, { x: 'fashion', y: 'mnist', fill: COLOUR.ewc, fillOpacity: 0.35, r: 2.5 }),
      Plot.dot(means, { x: 'fashion', y: 'mnist', fill: COLOUR.ewc, r: 5, stroke: COLOUR.card, strokeWidth: 1.5 }),
      Plot.text(narrow ? means.filter(({ label }) => /^10*(,0*)*$/.test(label)) : means, {
        x: 'fashion',
        y: 'mnist',
        text: 'label',
        ...beside,
      }),
      Plot.dot(ends, { x: 'fashion', y: 'mnist', fill: colourOf, r: 6.5, symbol: 'diamond', stroke: COLOUR.card }),
      Plot.text(ends, {
        x: 'fashion',
        y: 'mnist',
        text: 'label',
        dy: -14,
        fill: colourOf,
        fontWeight: 600,
        ...halo,
        textAnchor: narrow ? 'end' : 'middle',
      }),
    ],
  }))
  return {
    id: 'lambda',
    title: 'What lambda buys',
    parts: [
      paragraph(
        'Lambda is the weight of the penalty. Small, it lets the network learn the new task freely; large, it holds it to the old one. There is no right value, only a front of what can be had at once.',
      ),
      figure({
        title: 'Both accuracies against lambda',
        body: drawing,
        legend: legend([
          { label: 'EWC, at the lambda written beside', colour: COLOUR.ewc },
          { label: 'without EWC', colour: COLOUR.none },
          { label: 'both at once (joint)', colour: COLOUR.joint },
        ]),
        sentence:
          'Further right is better on Fashion-MNIST, further up is better on MNIST: walk along the line to trade one for the other, and see how near its corner comes to learning both at once.',
        description: `A line of one point a lambda: ${means.map(({ label, mnist, fashion }) => `at ${label} MNIST ${accuracy(mnist)} and Fashion-MNIST ${accuracy(fashion)}`).join('; ')}. ${ends.map(({ label, mnist, fashion }) => `${label}: ${accuracy(mnist)} and ${accuracy(fashion)}.`).join(' ')}`,
      }),
      table({
        caption: `Test accuracy by lambda, recommended recipe, ${seedsOf(seeds)}`,
        head: ['lambda', 'MNIST', 'Fashion-MNIST', 'average'],
        rows: sweep.map(({ lambda, mnist, fashion, runs }) => [
          lambda.toLocaleString('en') + (lambda === chosen ? ' (recommended)' : ''),
          spread(mnist),
          spread(fashion),
          spread(runs.map((run) => (run.mnist + run.fashion) / 2)),
        ]),
        note: `Mean${seeds > 1 ? ' \u00b1 deviation of a sample' : ''}. The curve is drawn on test images to show the trade; the recommended lambda of ${chosen} was not read off it, but chosen on held-out training images.`,
      }),
    ],
  }
}

const NAMES = { none: 'without EWC', joint: 'joint' } as const
const colourOf = ({ method }: { method: 'none' | 'joint' }) => COLOUR[method]
const halo = { stroke: COLOUR.card, strokeWidth: 4 }
const beside = { dx: -9, dy: 9, textAnchor: 'end', fill: 'currentColor', ...halo }

const point = (label: string, mnist: readonly number[], fashion: readonly number[]): Point => ({
  label,
  mnist: summarize(mnist).mean,
  fashion: summarize(fashion).mean,
})
