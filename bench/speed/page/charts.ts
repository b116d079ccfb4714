import * as Plot from '@observablehq/plot'
import type { Html } from '../../page/html.ts'
import { COLOUR, chart } from '../../page/plot.ts'

export interface Bar {
  readonly series: string
  readonly value: number
  /** of the middle half of its samples */
  readonly range: readonly [number, number]
  readonly target?: number | undefined
}

export interface Group {
  readonly label: string
  readonly bars: readonly Bar[]
}

export interface BarsOptions {
  readonly colours: Readonly<Record<string, string>>
  readonly label: string
  /** where bars begin, and where the limit is drawn */
  readonly base?: number
  readonly limit?: number
  readonly log?: boolean
}

const ROW = 15

// keeps text legible on what it crosses
const HALO = { stroke: COLOUR.card, strokeWidth: 4, fill: 'currentColor', fontVariant: 'tabular-nums' }

/** Groups of bars from a base, one a series; a thin line over the middle half of the samples, a tick at the target. */
export function bars(groups: readonly Group[], { colours, label, base = 0, limit, log = false }: BarsOptions): Html {
  const rows = groups.flatMap(({ label, bars }) =>
    bars.map(({ series, value, range: [low, high], target }) => {
      const row = { place: `${label} ${series}`, colour: colours[series] ?? COLOUR.grey, text: short(value) }
      return { ...row, base, value, low, high, target, end: Math.max(value, high, base) }
    }),
  )
  const heads = groups.map(({ label }) => ({ place: `${label} head`, label }))
  const places = groups.flatMap(({ label, bars }) => [
    `${label} head`,
    ...bars.map(({ series }) => `${label} ${series}`),
  ])
  const targets = rows.filter(({ target }) => target !== undefined)
  const limits = limit === undefined ? [] : [limit]
  const ends = [...rows.flatMap(({ end, low }) => [end, low]), ...targets.map(({ target }) => target as number)]
  const domain = [Math.min(base, ...(log ? ends : [])), Math.max(...limits, ...ends)]
  return chart(({ narrow }) => ({
    height: places.length * ROW + 64,
    marginLeft: 8,
    marginRight: 48,
    marginTop: 8,
    marginBottom: 44,
    x: { label, labelAnchor: 'center', labelArrow: 'none', domain, grid: true, ...scaleOf(log, narrow, domain) },
    y: { type: 'band', domain: places, axis: null, padding: 0.15 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(rows, { x1: 'base', x2: 'value', y: 'place', fill: 'colour', fillOpacity: 0.75 }),
      Plot.ruleY(rows, { x1: 'low', x2: 'high', y: 'place', stroke: 'currentColor', strokeOpacity: 0.55 }),
      Plot.tickX(targets, { x: 'target', y: 'place', stroke: 'currentColor', strokeWidth: 2.5 }),
      Plot.ruleX(limits, { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.6 }),
      Plot.text(heads, {
        frameAnchor: 'left',
        textAnchor: 'start',
        y: 'place',
        text: 'label',
        fontWeight: 600,
        dy: 1,
        ...HALO,
      }),
      Plot.text(rows, { x: 'end', y: 'place', text: 'text', textAnchor: 'start', dx: 6, ...HALO }),
    ],
  }))
}

export interface Point {
  readonly series: string
  readonly x: number
  readonly y: number
}

export interface LinesOptions {
  readonly colours: Readonly<Record<string, string>>
  readonly x: string
  readonly y: string
  readonly logY?: boolean
  readonly limit?: number
}

/** A line a series over a logarithmic axis, a dot a measurement. */
export function lines(points: readonly Point[], { colours, x, y, logY = true, limit }: LinesOptions): Html {
  const coloured = points.map((point) => ({ ...point, colour: colours[point.series] ?? COLOUR.grey }))
  const ticks = [...new Set(points.map((point) => point.x))].toSorted((a, b) => a - b)
  const scale = (narrow: boolean) =>
    logY
      ? logarithmic(
          points.map((point) => point.y),
          narrow,
        )
      : { zero: true, ticks: 5, nice: true, tickFormat: short }
  return chart(({ narrow }) => ({
    height: narrow ? 240 : 280,
    marginLeft: 56,
    marginRight: 20,
    marginTop: 28,
    marginBottom: 44,
    x: {
      type: 'log',
      base: 2,
      label: x,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: narrow ? thinned(ticks) : ticks,
      tickFormat: short,
    },
    y: { label: y, labelAnchor: 'top', labelArrow: 'none', grid: true, ...scale(narrow) },
    color: { type: 'identity' },
    marks: [
      Plot.ruleY(limit === undefined ? [] : [limit], { strokeDasharray: '4 4', strokeOpacity: 0.6 }),
      Plot.line(coloured, { x: 'x', y: 'y', z: 'series', stroke: 'colour', strokeWidth: 2.25 }),
      Plot.dot(coloured, { x: 'x', y: 'y', fill: 'colour', r: 3.5 }),
    ],
  }))
}

const thinned = (ticks: readonly number[]) => ticks.filter((_, index) => index % 3 === 0 || ticks.length < 7)

const scaleOf = (log: boolean, narrow: boolean, domain: readonly number[]) =>
  log ? logarithmic(domain, narrow) : { ticks: narrow ? 4 : 8 }

/** d3 leaves out labels between powers of the base, of which base 2 has the most */
const logarithmic = (values: readonly number[], narrow: boolean) => ({
  type: 'log',
  base: 2,
  tickFormat: short,
  ticks: decades(Math.min(...values), Math.max(...values), narrow),
})

/** 1, 2, 5, 10, ... between two numbers, or powers of ten where those are many */
function decades(low: number, high: number, narrow: boolean): number[] {
  const from = Math.floor(Math.log10(low))
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, index) => 10 ** (from + index))
  const steps = powers.length > (narrow ? 3 : 4) ? [1] : [1, 2, 5]
  return powers.flatMap((power) => steps.map((step) => step * power)).filter((tick) => tick >= low && tick <= high)
}

/** 1234567 is 1.2M */
export function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(2))}M`
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(2))}k`
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(value < 1 ? 2 : 3)))
}
