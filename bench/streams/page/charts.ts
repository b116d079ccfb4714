import * as Plot from '@observablehq/plot'
import { accuracy, summarize } from '../../format.ts'
import { COLOUR, type Size } from '../../page/plot.ts'
import { meanOf, type Row, summaryOf } from '../figures.ts'
import type { Published } from '../published.ts'
import { spread } from '../tables.ts'
import { DIAGONAL } from '../targets.ts'
import { bytesText, minutes, settingsText } from '../words.ts'

export type Options = Readonly<Record<string, unknown>>

/** the method, with its settings where a method has several */
export function labelOf({ method, settings }: Row, rows: readonly Row[]): string {
  const several = rows.filter((row) => row.method === method).length > 1
  const text = settingsText(settings)
  return several && text !== '' ? `${method}, ${text}` : method
}

/** blue for a diagonal Fisher, orange for nothing kept, grey where samples are kept, a fourth for all others */
export function colourOf({ method, runs }: Pick<Row, 'method' | 'runs'>): string {
  if (method === 'none') return COLOUR.none
  if (DIAGONAL.has(method)) return COLOUR.ewc
  return runs[0]?.storesSamples ? COLOUR.grey : COLOUR.other
}

export const COLOURS: readonly { readonly label: string; readonly colour: string }[] = [
  { label: 'nothing kept', colour: COLOUR.none },
  { label: 'diagonal EWC', colour: COLOUR.ewc },
  { label: 'others that keep no sample', colour: COLOUR.other },
  { label: 'keeps samples, or sees them all', colour: COLOUR.grey },
]

/** average accuracy a method, seeds as small marks, published numbers as diamonds */
export function averageOptions(rows: readonly Row[], published: readonly Published[], { narrow }: Size): Options {
  const ours = rows.map((row) => ({ label: labelOf(row, rows), mean: meanOf(row), colour: colourOf(row), row }))
  const labelled = published.map((one) => {
    const same = ours.find(({ row }) => row.method === one.as)
    return { ...one, label: same?.label ?? one.method }
  })
  const others = [...new Set(labelled.map(({ label }) => label))].filter((label) =>
    ours.every((one) => one.label !== label),
  )
  const labels = [...ours.map(({ label }) => label), ...others]
  const seeds = ours.flatMap(({ row, label, colour }) =>
    row.runs.map((run) => ({ label, colour, value: meanOf({ runs: [run] }) })),
  )
  const least = Math.min(...seeds.map(({ value }) => value), ...published.map(({ value }) => value))
  const from = Math.floor(10 * Math.max(0, least - 0.02)) / 10
  const texts = [
    ...ours.map(({ row, label }) => ({ label, text: textOf(row, narrow) })),
    ...others.map((label) => ({
      label,
      text: accuracy(Math.max(...labelled.flatMap((one) => (one.label === label ? one.value : [])))),
    })),
  ]
  return {
    height: 64 + 26 * labels.length,
    marginLeft: margin(labels, narrow),
    marginRight: narrow ? 46 : 112,
    marginTop: 8,
    marginBottom: 42,
    x: {
      domain: [from, 1],
      ticks: narrow ? 3 : 6,
      tickFormat: '.2f',
      label: 'test accuracy over all tasks, after the last',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: labels, label: null, tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.dot(seeds, { x: 'value', y: 'label', fill: 'colour', fillOpacity: 0.35, r: 2.5 }),
      Plot.dot(ours, { x: 'mean', y: 'label', fill: 'colour', r: 5.5 }),
      Plot.dot(labelled, {
        x: 'value',
        y: 'label',
        symbol: 'diamond',
        fill: COLOUR.card,
        stroke: 'currentColor',
        strokeWidth: 1.75,
        r: 5,
      }),
      Plot.text(texts, { y: 'label', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 10 }),
    ],
  }
}

function textOf(row: Row, narrow: boolean): string {
  const found = summaryOf(row, 'acc')
  if (!found) return ''
  return narrow ? accuracy(found.mean) : spread(found)
}

/** about the width of the longest label */
export function margin(labels: readonly string[], narrow: boolean): number {
  const longest = Math.max(...labels.map(({ length }) => length))
  return Math.min(narrow ? 110 : 240, 14 + longest * (narrow ? 6 : 7.2))
}

/** seconds a run as bars, with what is kept */
export function costOptions(rows: readonly Row[], { narrow }: Size): Options {
  const costs = rows.map((row) => {
    const seconds = summarize(row.runs.map((run) => run.seconds)).mean
    const { stateBytes = 0 } = row.runs[0] ?? {}
    const kept = row.method === 'joint' ? 'all samples' : bytesText(stateBytes)
    return { label: labelOf(row, rows), colour: colourOf(row), seconds, text: `${minutes(seconds)}, ${kept}` }
  })
  const labels = costs.map(({ label }) => label)
  return {
    height: 64 + 26 * labels.length,
    marginLeft: margin(labels, narrow),
    marginRight: narrow ? 118 : 150,
    marginTop: 8,
    marginBottom: 42,
    x: { label: 'seconds a run', labelAnchor: 'center', labelArrow: 'none', ticks: narrow ? 3 : 6, nice: true },
    y: { domain: labels, label: null, tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.barX(costs, { x: 'seconds', y: 'label', fill: 'colour', insetTop: 3, insetBottom: 3 }),
      Plot.text(costs, { y: 'label', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 10 }),
    ],
  }
}
