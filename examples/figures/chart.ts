// a small line chart as SVG text; its colours are legible on white and on near-black, where GitHub shows it
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const [WIDTH, HEIGHT] = [720, 340]
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 592, 40, 280]
const INK = '#737b85'
const COLOURS = { blue: '#2f81d6', orange: '#d9822b', grey: '#8b949e' }

type Point = readonly [x: number, y: number]

interface Axis {
  readonly label: string
  /** where lines and numbers stand; the first and the last are the ends of the axis */
  readonly ticks: readonly number[]
  readonly format?: (tick: number) => string
}

export interface Line {
  readonly name: string
  readonly colour: keyof typeof COLOURS
  readonly dashed?: boolean
  readonly points: readonly Point[]
}

export interface Chart {
  /** the one sentence that says how to read it, also for screen readers */
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

/** Each line carries its name at its end. */
export function chart({ title, x, y, lines }: Chart): string {
  const place = ({ ticks }: Axis, value: number) => (value - at(ticks, 0)) / (at(ticks, -1) - at(ticks, 0))
  const px = (value: number) => (LEFT + place(x, value) * (RIGHT - LEFT)).toFixed(1)
  const py = (value: number) => (BOTTOM - place(y, value) * (BOTTOM - TOP)).toFixed(1)
  const text = (left: number | string, top: number | string, words: string, rest = '') =>
    `<text x="${left}" y="${top}" ${rest}>${words}</text>`
  const parts = [
    text(LEFT, 20, title, 'font-size="14" font-weight="600"'),
    ...y.ticks.map((tick) => `<path d="M${LEFT} ${py(tick)}H${RIGHT}" stroke="${INK}" stroke-opacity="0.25"/>`),
    ...y.ticks.map((tick) => text(LEFT - 8, Number(py(tick)) + 4, (y.format ?? String)(tick), 'text-anchor="end"')),
    ...x.ticks.map((tick) => text(px(tick), BOTTOM + 20, (x.format ?? String)(tick), 'text-anchor="middle"')),
    text((LEFT + RIGHT) / 2, BOTTOM + 44, x.label, 'text-anchor="middle"'),
    text(0, 0, y.label, `text-anchor="middle" transform="translate(16 ${(TOP + BOTTOM) / 2}) rotate(-90)"`),
    ...lines.flatMap(({ name, colour, dashed, points }) => {
      const path = points.map(([a, b]) => `${px(a)} ${py(b)}`).join('L')
      const dash = dashed ? ' stroke-dasharray="6 5"' : ''
      const end = at(points, -1)
      return [
        `<path d="M${path}" fill="none" stroke="${COLOURS[colour]}" stroke-width="2.5" stroke-linejoin="round"${dash}/>`,
        text(Number(px(end[0])) + 8, Number(py(end[1])) + 4, name, `fill="${COLOURS[colour]}" font-weight="600"`),
      ]
    }),
  ]
  const font = `font-family="system-ui, sans-serif" font-size="13" fill="${INK}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${font} role="img">`
  return `${[head, `<title>${title}</title>`, ...parts, '</svg>'].join('\n')}\n`
}

/** Writes the chart where `--svg FILE` asks for it. */
export function save(figure: Chart): void {
  const { svg } = parseArgs({ options: { svg: { type: 'string' } } }).values
  if (svg !== undefined) writeFileSync(svg, chart(figure))
}

function at<T>(items: readonly T[], index: number): T {
  return items.at(index) as T
}
