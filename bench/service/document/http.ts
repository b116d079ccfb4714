import { valuesOf } from '../../speed/document/bounds.ts'
import { table } from '../../speed/document/tables.ts'
import { number } from '../../speed/print.ts'
import { NET } from '../inside.ts'
import { CONNECTIONS, LEARNT } from '../load.ts'
import { colourOf, STATES } from './loop.ts'
import { type Committed, FIGURES, figuresIn, type Part, shown } from './parts.ts'
import { type Span, spansSvg } from './spans.ts'

const NAME = 'service-http.svg'
const DESCRIPTION =
  'Latency of POST /predict over HTTP, median and 99th percentile in milliseconds, of an idle service and of one that learns, with requests a second'

/** What clients of the example service see; null where it was not loaded. */
export function httpPart(committed: Committed): Part | null {
  const [value, figure] = [valuesOf(committed.report), figuresIn(committed)]
  const path = (state: string) => `service/http/${NET}/${state}`
  if (!figure(`${path('idle')}/requests`)) return null
  const spans = STATES.map((state): Span => {
    const [p50, p99] = [value(`${path(state)}/p50`), value(`${path(state)}/p99`)]
    const text = `${number(value(`${path(state)}/requests`))} requests a second`
    return { label: state, p50, p99, colour: colourOf(state), text }
  })
  const rows = STATES.map((state) => [
    state,
    number(value(`${path(state)}/requests`)),
    `${value(`${path(state)}/p50`)} ms`,
    `${value(`${path(state)}/p99`)} ms`,
  ])
  const learns = Number(figure(`${path('training')}/requests`)?.params?.learnCallsASecond)
  const text = [
    '## Over HTTP',
    `[examples/service](../examples/service/README.md) with the same network, asked \`POST /predict\` with one row by ${CONNECTIONS} connections over
loopback, one request after the other on each. Client, server and the thread that learns share the processors. While it learns, two
more clients send \`POST /learn\` with ${LEARNT} rows each: ${number(learns)} such calls were answered a second. Latencies are whole milliseconds.`,
    shown(NAME, DESCRIPTION),
    table(['', 'requests a second', 'p50', 'p99'], rows),
  ].join('\n\n')
  return { text, pictures: new Map([[FIGURES + NAME, spansSvg(DESCRIPTION, spans, null)]]) }
}
