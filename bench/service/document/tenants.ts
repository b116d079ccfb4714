import { COLOUR } from '../../page/plot.ts'
import { valuesOf } from '../../speed/document/bounds.ts'
import { table } from '../../speed/document/tables.ts'
import { number } from '../../speed/print.ts'
import type { Seen } from '../tenants-run.ts'
import {
  type Committed,
  count,
  FIGURES,
  figuresIn,
  megabytes,
  ms,
  originOf,
  type Part,
  shown,
  verdict,
} from './parts.ts'
import { type Span, spansSvg } from './spans.ts'

type Run = Omit<Seen, 'spans'>

/** milliseconds that an opening may take */
const MOST_OPENING = 5
const NAME = 'service-openings.svg'
const DESCRIPTION =
  'How long it takes to open a tenant, median and 99th percentile in milliseconds, cold from its file and warm from memory, beside the limit of 5 ms'

/** How long openings take in a store of which a part is in memory. */
export function tenantsPart(all: readonly Committed[]): Part {
  const sizes = all.flatMap((committed) =>
    (committed.report.runs as readonly Run[]).map((run) => ({
      run,
      options: committed.report.options,
      value: valuesOf(committed.report),
      figure: figuresIn(committed),
      path: `tenants/${run.inputs}`,
    })),
  )
  const spans = sizes.flatMap(({ run, value, path }) =>
    (['cold', 'warm'] as const).map((kind): Span => {
      const [p50, p99] = [value(`${path}/open/${kind}/p50`), value(`${path}/open/${kind}/p99`)]
      const colour = kind === 'cold' ? COLOUR.ewc : COLOUR.grey
      return { label: `${count(run.inputs)} inputs, ${kind}`, p50, p99, colour, text: `${ms(p50)}, p99 ${ms(p99)}` }
    }),
  )
  const of = (name: string, cell: (size: (typeof sizes)[number]) => string) => [name, ...sizes.map(cell)]
  const span = (what: string) => (size: (typeof sizes)[number]) =>
    `${ms(size.value(`${size.path}/${what}/p50`))}, p99 ${ms(size.value(`${size.path}/${what}/p99`))}`
  const judged = (q: string) => (size: (typeof sizes)[number]) => verdict(size.figure(`${size.path}/open/cold/${q}`))
  const rows = [
    of('tenants', ({ run }) => count(run.tenants)),
    of('learnt a batch of their own; the files of others are copies', ({ run }) => count(run.learnt)),
    of('bytes of a tenant on disk', ({ run }) => megabytes(run.diskBytes / run.tenants)),
    of(
      'openings, of which cold',
      (size) => `${count(size.run.opened)}, ${count(size.figure(`${size.path}/open/cold/p50`)?.n ?? 0)}`,
    ),
    of('cold', span('open/cold')),
    of('target of the cold median', judged('p50')),
    of('target of the cold p99', judged('p99')),
    of('warm', span('open/warm')),
    of('a prediction', span('predict')),
    of('learning 20 rows', span('learn')),
    of('openings a second', ({ value, path }) => number(value(`${path}/openings`))),
    of('left memory for others', ({ value, path }) => count(value(`${path}/evictions`))),
    of(
      'models in memory, at most',
      ({ value, path, options }) =>
        `${megabytes(value(`${path}/resident-bytes`))} of ${megabytes(Number(options.budget))}`,
    ),
    of('the process, at most', ({ value, path }) => megabytes(value(`${path}/peak-rss`))),
  ]
  const text = [
    '## Opening a tenant',
    ...all.map(originOf),
    `A [store](serving.md) with far more tenants than fit in memory. Tenants are opened at random, the nth most frequent in proportion to 1 / n, each opening with
a prediction and one in ten with 20 rows to learn. *Cold* is an opening that reads the tenant's file, *warm* one of a tenant in memory. The
limit is ${MOST_OPENING} ms.`,
    shown(NAME, DESCRIPTION),
    // no row of a target that nobody set
    table(
      ['', ...sizes.map(({ run }) => `${count(run.inputs)} inputs`)],
      rows.filter(([, ...cells]) => cells.some((cell) => cell !== '')),
    ),
  ].join('\n\n')
  return { text, pictures: new Map([[FIGURES + NAME, spansSvg(DESCRIPTION, spans, MOST_OPENING)]]) }
}
