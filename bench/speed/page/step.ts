import * as Plot from '@observablehq/plot'
import type { Html } from '../../page/html.ts'
import { figure, legend, type Section } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import { NETS, type Net } from '../inside.ts'
import { PARTS, type Part } from '../parts.ts'
import { stepName } from '../step.ts'
import { short } from './charts.ts'
import type { Figures } from './figures.ts'

const shade = (share: number) => `color-mix(in srgb, ${COLOUR.ewc} ${share}%, ${COLOUR.card})`

const LOOK: Readonly<Record<Part | 'rest', { readonly label: string; readonly colour: string }>> = {
  forward: { label: 'forward products', colour: COLOUR.ewc },
  'weight-gradients': { label: 'products for the weights', colour: shade(70) },
  'input-gradients': { label: 'products for the inputs', colour: shade(42) },
  'bias-and-relu': { label: 'biases and ReLU', colour: COLOUR.other },
  loss: { label: 'softmax and loss', colour: COLOUR.joint },
  adam: { label: 'Adam', colour: COLOUR.none },
  rest: { label: 'the rest: tape, calls, checks', colour: COLOUR.grey },
}
const ORDER = ['forward', 'weight-gradients', 'input-gradients', 'bias-and-relu', 'loss', 'adam', 'rest'] as const

interface Piece {
  readonly net: string
  readonly part: Part | 'rest'
  readonly from: number
  readonly to: number
}

/** in FMA bounds, so that both networks fit one axis */
function piecesOf(figures: Figures, net: Net): Piece[] {
  const name = stepName(net)
  const [step, bound] = [figures.value(name), figures.value(`${name}/bound-ratio`)]
  const parts = PARTS.map((part) => figures.value(`${name}/part/${part}`))
  if (step === undefined || bound === undefined || parts.includes(undefined)) return []
  const times = Object.fromEntries(PARTS.map((part, index) => [part, parts[index] as number]))
  const rest = Math.max(0, step - Object.values(times).reduce((sum, time) => sum + time, 0))
  let end = 0
  return ORDER.map((part) => {
    const from = end
    end += ((times[part] ?? rest) / step) * bound
    return { net: `${net.name}, batch ${net.batch}: ${short(step)} us`, part, from, to: end }
  })
}

function drawing(pieces: readonly Piece[], targets: readonly { net: string; bound: number }[]): Html {
  const coloured = pieces.map((piece) => ({ ...piece, colour: LOOK[piece.part].colour }))
  const nets = [...new Set(pieces.map(({ net }) => net))]
  const heads = nets.map((net) => ({ net, place: `${net} head` }))
  const height = 34
  return chart(({ narrow }) => ({
    height: nets.length * 2 * height + 56,
    marginLeft: 8,
    marginRight: 16,
    marginTop: 4,
    marginBottom: 44,
    x: {
      label: 'time of a step, in times of its FMA bound',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: narrow ? 4 : 8,
      grid: true,
    },
    y: { type: 'band', domain: nets.flatMap((net) => [`${net} head`, net]), axis: null, padding: 0.12 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(coloured, { x1: 'from', x2: 'to', y: 'net', fill: 'colour' }),
      Plot.tickX(targets, { x: 'bound', y: 'net', stroke: 'currentColor', strokeWidth: 3 }),
      Plot.ruleX([1], { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.6 }),
      Plot.text(heads, { frameAnchor: 'left', textAnchor: 'start', y: 'place', text: 'net', fontWeight: 600, dy: 8 }),
    ],
  }))
}

/** where the time of a step goes */
export function stepSections(figures: Figures): Section[] {
  const found = NETS.map((net) => ({ net, pieces: piecesOf(figures, net) })).filter(({ pieces }) => pieces.length > 0)
  if (found.length === 0) return []
  const targets = found.map(({ net, pieces }) => ({ net: pieces[0]?.net ?? '', bound: net.bound }))
  const shares = found.map(({ net, pieces }) => {
    const [total, rest] = [pieces.at(-1)?.to ?? 0, pieces.at(-1)]
    const outside = rest ? (rest.to - rest.from) / total : 0
    return `${net.name}: ${short(total)} times its bound, ${Math.round(100 * outside)} % of it outside of kernels`
  })
  return [
    {
      id: 'step',
      title: 'Where the time of a step goes',
      parts: [
        figure({
          title: 'A training step, part by part',
          body: drawing(
            found.flatMap(({ pieces }) => pieces),
            targets,
          ),
          legend: legend(ORDER.map((part) => LOOK[part])),
          sentence:
            'One step on one thread (forward, backward, Adam), in times of what its products would take at the FMA peak: the dashed line. A thick tick is the target. Each part was timed by itself, and the rest is what the whole step takes beyond them.',
          description: `Two stacked bars of a step's parts. ${shares.join('; ')}.`,
        }),
      ],
    },
  ]
}
