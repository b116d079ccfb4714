import { COLOUR } from '../../page/plot.ts'
import { valuesOf } from '../../speed/document/bounds.ts'
import { table } from '../../speed/document/tables.ts'
import { number } from '../../speed/print.ts'
import { LARGE, MOST_DELAY, NET, ROWS } from '../inside.ts'
import { type Committed, FIGURES, figuresIn, ms, originOf, type Part, shown, verdict } from './parts.ts'
import { type Span, spansSvg } from './spans.ts'

export const STATES = ['idle', 'training'] as const
export type State = (typeof STATES)[number]

export const colourOf = (state: State): string => (state === 'training' ? COLOUR.ewc : COLOUR.grey)

/** what is predicted meanwhile */
const WORKS = {
  nothing: 'nothing',
  'single-rows': 'a row every 5 ms',
  [`batches-of-${LARGE}`]: `${LARGE} rows every 50 ms`,
} as const

const NAME = 'service-event-loop.svg'
const DESCRIPTION =
  'How late the event loop is, median and 99th percentile in milliseconds, idle and while the network trains, beside the limit of 5 ms'

/** The delay of the event loop of a process whose classifier learns. */
export function loopPart(committed: Committed): Part {
  const [value, figure] = [valuesOf(committed.report), figuresIn(committed)]
  const rows = STATES.flatMap((state) =>
    Object.entries(WORKS).map(([work, predicts]) => ({
      state,
      predicts,
      path: `service/delay/${NET}/${state}/${work}`,
    })),
  )
  const spans = rows.map(({ state, predicts, path }): Span => {
    const [p50, p99] = [value(`${path}/p50`), value(`${path}/p99`)]
    return { label: `${state}, predicts ${predicts}`, p50, p99, colour: colourOf(state), text: `p99 ${ms(p99)}` }
  })
  const delays = table(
    ['', 'predicts', 'p50', 'p99', 'p99 by a plain timer', 'latest', 'target'],
    rows.map(({ state, predicts, path }) => [
      state,
      predicts,
      ms(value(`${path}/p50`)),
      ms(value(`${path}/p99`)),
      ms(value(`${path}/timer-p99`)),
      ms(Number(figure(`${path}/p99`)?.params?.most)),
      verdict(figure(`${path}/p99`)),
    ]),
    ['predicts', 'target'],
  )
  const rates = table(
    ['predictions a second, in the same thread', 'idle', 'training'],
    [
      ['single rows', 'single-rows'],
      [`${LARGE} rows at a time`, `batches-of-${LARGE}`],
    ].map(([name = '', what]) => [
      name,
      ...STATES.map((state) => number(value(`service/predictions/${NET}/${state}/${what}`))),
    ]),
  )
  const [trip, publish] = [`service/learn/${NET}/round-trip`, `service/publish/${NET}/interval`]
  const text = [
    '## How late the event loop is',
    originOf(committed),
    `A classifier with a network of ${NET} is in the process whose event loop is watched. While it trains, four calls of \`learn\` with ${ROWS} rows
each are under way all the time, so that its thread never waits. The limit is ${MOST_DELAY} ms for p99.`,
    shown(NAME, DESCRIPTION),
    delays,
    `It learnt ${number(value(`service/learn/${NET}/steps`))} batches a second meanwhile, and published every ${ms(value(publish))} (median; the design asks
for at least ${figure(publish)?.target} ms). One call at a time took ${ms(value(trip))} from call to answer, p99 ${ms(Number(figure(trip)?.params?.p99))}.`,
    rates,
  ].join('\n\n')
  return { text, pictures: new Map([[FIGURES + NAME, spansSvg(DESCRIPTION, spans, MOST_DELAY)]]) }
}
