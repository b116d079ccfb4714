import { html } from '../../page/html.ts'
import { figure, type Section } from '../../page/page.ts'
import { COLOUR } from '../../page/plot.ts'
import { lines, type Point, short } from './charts.ts'
import type { Figures } from './figures.ts'

const COLOURS = { speed: COLOUR.ewc, share: COLOUR.joint } as const
const KINDS = [
  { kind: 'batch', title: 'A step as its batch grows', x: 'rows of a batch, 784-100-10' },
  { kind: 'width', title: 'A step as its network widens', x: 'width of the hidden layer of 784-width-10, batch 100' },
] as const

/** samples a second, and the share of the bound, as a step grows */
export function scalingSections(figures: Figures): Section[] {
  const parts = KINDS.flatMap(({ kind, title, x }) => {
    const speeds = pointsOf(figures, new RegExp(`^scaling/${kind}/(\\d+)$`), 'speed')
    const shares = pointsOf(figures, new RegExp(`^scaling/${kind}/(\\d+)/bound-ratio$`), 'share').map((point) => ({
      ...point,
      y: 1 / point.y,
    }))
    const [first, last] = [shares[0], shares.at(-1)]
    if (!first || !last) return []
    return [
      figure({
        title,
        body: html`${lines(speeds, { colours: COLOURS, x, y: 'samples a second' })}${lines(shares, {
          colours: COLOURS,
          x,
          y: 'share of the FMA bound',
          logY: false,
          limit: 1,
        })}`,
        sentence:
          'One thread: how many samples a second a step learns, and below it what share of the FMA peak its products reach, where the dashed line is all there is.',
        description: `Two lines over the ${kind}: samples a second, and the share of the bound, which is ${short(first.y)} at ${kind} ${first.x} and ${short(last.y)} at ${kind} ${last.x}.`,
      }),
    ]
  })
  return parts.length > 0 ? [{ id: 'scaling', title: 'Other sizes', parts }] : []
}

const pointsOf = (figures: Figures, pattern: RegExp, series: string): Point[] =>
  figures.matching(pattern).map(({ figure: { value }, parts: [x] }) => ({ series, x: Number(x), y: value }))
