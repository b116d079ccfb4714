import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { accuracy } from '../format.ts'
import { COLOUR, type Size } from '../page/plot.ts'
import type { Line } from './lines.ts'
import { GROUPS, grouped } from './tables.ts'

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
const COLOURS = { rung: COLOUR.ewc, control: COLOUR.other, bound: COLOUR.grey }
export const DESCRIPTION =
  'Average test accuracy of every rung, a dot at the mean, a line over its 95 % interval, a faint dot a seed'

/** A dot and its interval a rung, top down; a heading before each group. */
export function ladderOptions(lines: readonly Line[], { width, narrow }: Size): Readonly<Record<string, unknown>> {
  const groups = grouped(lines).filter(([, some]) => some.length > 0)
  const headings = groups.map(([kind]) => ({ place: `group ${kind}`, text: GROUPS[kind] }))
  const places = groups.flatMap(([kind, some]) => [`group ${kind}`, ...some.map(({ rung }) => rung.name)])
  const points = lines.map(({ rung: { name, kind, title }, average: { mean, interval } }) => {
    const [low, high] = interval ?? [mean, mean]
    return { place: name, title, mean, low, high, colour: COLOURS[kind], value: accuracy(mean) }
  })
  const seeds = lines.flatMap(({ rung: { name, kind }, averages }) =>
    averages.map((average) => ({ place: name, average, colour: COLOURS[kind] })),
  )
  const recommended = lines.filter(({ rung }) => rung.name === 'recommended').map(({ average }) => average.mean)
  const height = narrow ? 36 : 24
  const left = { frameAnchor: 'left', textAnchor: narrow ? 'start' : 'end', dx: narrow ? 0 : -10, dy: narrow ? -13 : 0 }
  return {
    style: { fontFamily: FONT },
    width,
    height: places.length * height + 60,
    marginLeft: narrow ? 6 : 205,
    marginRight: narrow ? 44 : 56,
    marginTop: 10,
    marginBottom: 44,
    x: {
      nice: true,
      label: 'average test accuracy after both tasks',
      labelArrow: 'none',
      labelAnchor: 'center',
      grid: true,
      ...(narrow ? { ticks: 4 } : {}),
    },
    y: { type: 'point', domain: places, axis: null },
    marks: [
      Plot.ruleX(recommended, { stroke: COLOUR.ewc, strokeOpacity: 0.6, strokeDasharray: '4 4' }),
      Plot.text(headings, { ...left, y: 'place', text: 'text', fontWeight: 600, dy: 0 }),
      Plot.text(points, { ...left, y: 'place', text: 'title' }),
      Plot.dot(seeds, { x: 'average', y: 'place', fill: 'colour', fillOpacity: 0.3, r: 2.5 }),
      Plot.ruleY(points, { x1: 'low', x2: 'high', y: 'place', stroke: 'colour', strokeWidth: 3 }),
      Plot.dot(points, { x: 'mean', y: 'place', fill: 'colour', stroke: COLOUR.card, strokeWidth: 1.5, r: 4 }),
      Plot.text(points, {
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 12,
        y: 'place',
        text: 'value',
        fontVariant: 'tabular-nums',
      }),
    ],
  }
}

const THEME = `
svg { --ewc: #0072b2; --other: #a3568a; --grey: #6f6a60; --card: #ffffff; --ink: #22201b; }
@media (prefers-color-scheme: dark) {
  svg { --ewc: #56b4e9; --other: #dd9cc8; --grey: #98948b; --card: #14151a; --ink: #ece8df; }
}
`

/** The same as a file of its own, light or dark as the reader's device is. */
export function ladderSvg(lines: readonly Line[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const style = { color: 'var(--ink)', background: 'var(--card)', fontFamily: FONT, fontSize: '13px' }
  const options = ladderOptions(lines, { width: 760, narrow: false })
  const svg = Plot.plot({ document, className: 'plot', ...options, style })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', DESCRIPTION)
  return `${svg.outerHTML.replace(/<style>/, `<style>${THEME}`)}\n`
}
