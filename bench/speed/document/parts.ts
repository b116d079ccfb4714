import * as Plot from '@observablehq/plot'
import { COLOUR } from '../../page/plot.ts'
import { number } from '../print.ts'
import type { SpeedReport } from '../saved.ts'
import { boundedSteps } from './bounds.ts'
import { HALO, svg } from './svg.ts'
import { us } from './tables.ts'

const LABELS = {
  forward: 'forward products',
  'weight-gradients': 'products for the weights',
  'input-gradients': 'products for the inputs',
  'bias-and-relu': 'biases and ReLU',
  loss: 'softmax and loss',
  adam: 'Adam',
  rest: 'the rest',
} as const

const PARTS_DESCRIPTION =
  'The parts of a training step, a bar each as a share of the whole: solid what the hardware takes at least, pale what is beyond'

/** Each part's time as a share of the step; solid up to its bound. */
export function partsSvg(report: SpeedReport): string {
  const steps = boundedSteps(report)
  const head = ({ net, time, products }: (typeof steps)[number]) =>
    `${net.name}, batch ${net.batch}: ${number(time)} us, ${(time / products).toFixed(2)} times its products at the peak`
  const rows = steps.flatMap((step) =>
    step.parts.map(({ part, time, bound }) => ({
      place: `${step.net.name} ${part}`,
      label: LABELS[part],
      time: (100 * Math.max(time, 0)) / step.time,
      bound: (100 * Math.min(bound ?? 0, Math.max(time, 0))) / step.time,
      text: us(time) + (bound === null ? '' : `, at least ${number(bound)}`),
    })),
  )
  const heads = steps.map((step) => ({ place: `${step.net.name} head`, text: head(step) }))
  const places = steps.flatMap((step) => [
    `${step.net.name} head`,
    ...step.parts.map(({ part }) => `${step.net.name} ${part}`),
  ])
  return svg(PARTS_DESCRIPTION, {
    height: places.length * 24 + 60,
    marginLeft: 180,
    marginRight: 170,
    marginTop: 6,
    marginBottom: 44,
    x: { label: 'share of the step, in percent', labelAnchor: 'center', labelArrow: 'none', grid: true, ticks: 6 },
    y: { type: 'band', domain: places, axis: null, padding: 0.2 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(rows, { x: 'time', y: 'place', fill: COLOUR.ewc, fillOpacity: 0.35 }),
      Plot.barX(rows, { x: 'bound', y: 'place', fill: COLOUR.ewc }),
      Plot.text(heads, {
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: -174,
        y: 'place',
        text: 'text',
        fontWeight: 600,
      }),
      Plot.text(rows, { frameAnchor: 'left', textAnchor: 'end', dx: -8, y: 'place', text: 'label' }),
      Plot.text(rows, { x: 'time', y: 'place', text: 'text', textAnchor: 'start', dx: 6, ...HALO }),
    ],
  })
}
