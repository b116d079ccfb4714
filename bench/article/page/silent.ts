import * as Plot from '@observablehq/plot'
import { accuracy, summarize } from '../../format.ts'
import { figure, legend, paragraph, type Section, table } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import { TRACES } from '../extras.ts'
import type { MethodName } from '../recipes.ts'
import { anatomyOf, count, extrasOf, type ReportData, seedsOf } from './data.ts'

const PANELS = { none: 'without EWC', ewc: 'with EWC' } as const
const METHODS = ['none', 'ewc'] as const

/** units that never fired on the first task, and what became of them */
export function silent(data: ReportData): Section {
  const units = METHODS.flatMap((method) => {
    const { before, mnist } = anatomyOf(data, TRACES.recommended, method).firing
    return before.map((share, unit) => ({ panel: PANELS[method], method, before: share, after: mnist[unit] ?? 0 }))
  })
  const quiet = units.filter(({ before }) => before === 0)
  const drawing = chart(({ width, narrow }) => ({
    height: narrow ? 560 : width / 2 + 10,
    marginLeft: 38,
    marginRight: 12,
    marginTop: 26,
    marginBottom: 42,
    x: { domain: [0, 1], ticks: 5, tickFormat: '.1f', inset: 6, label: 'before Fashion-MNIST', labelAnchor: 'center' },
    y: { domain: [0, 1], ticks: 5, tickFormat: '.1f', inset: 6, label: '\u2191 after' },
    [narrow ? 'fy' : 'fx']: { domain: Object.values(PANELS), label: null, padding: 0.12, axis: narrow ? null : 'top' },
    color: { domain: METHODS, range: METHODS.map((method) => COLOUR[method]) },
    marks: [
      Plot.frame({ stroke: COLOUR.line }),
      Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: COLOUR.grey, strokeDasharray: '3 4' }),
      Plot.dot(units, { ...place(narrow), fill: 'method', fillOpacity: 0.55, r: 3.5 }),
      Plot.dot(quiet, { ...place(narrow), stroke: 'currentColor', strokeWidth: 1.75, r: 7 }),
      ...(narrow
        ? [
            Plot.text(METHODS, {
              fy: (m: MethodName) => PANELS[m as 'none'],
              text: (m: MethodName) => PANELS[m as 'none'],
              frameAnchor: 'top',
              dy: -15,
              fontWeight: 600,
            }),
          ]
        : []),
    ],
  }))
  const seeds = extrasOf(data, TRACES.recommended, 'ewc').length
  const rows = Array.from({ length: seeds }, (_, index) => rowsOf(data, index + 1)).flat()
  return {
    id: 'silent',
    title: 'Units that were silent',
    parts: [
      paragraph(
        'A hidden unit that is 0 on every image of MNIST has a Fisher of 0: plain EWC lets the second task do with it what it likes. When it wakes up it may fire on digits, too, and shift what was right. The floor of the recommended recipe gives the weights that lead to such a unit the mean Fisher of the other units.',
      ),
      figure({
        title: 'On how many digits each unit fires, before and after',
        body: drawing,
        legend: legend([
          { label: 'a unit, without EWC', colour: COLOUR.none },
          { label: 'a unit, with EWC', colour: COLOUR.ewc },
        ]),
        sentence:
          'A point is a hidden unit, placed by the share of digits it fires on: on the dashed line nothing changed, and a ring marks a unit that was silent on MNIST, which has woken up if it lies above 0.',
        description: `Two scatter plots of hidden units. Without EWC the points lie far from the diagonal; with EWC near it. ${count(quiet.length / 2, 'unit')} of ${units.length / 2} never fired on MNIST.`,
      }),
      table({
        caption: 'Units silent on all training images of MNIST, and what they do after Fashion-MNIST',
        head: ['', 'silent', 'woken', 'fire on MNIST', 'fire on Fashion', 'MNIST', 'MNIST without them'],
        rows,
        note: `Recommended recipe, ${seedsOf(seeds)}. "Woken" fire on at least one test image of MNIST; the share of test images that they fire on is their mean. The last column is the accuracy when nothing leaves the units that had been silent: where it is higher, they did harm.`,
      }),
    ],
  }
}

const place = (narrow: boolean) => ({ x: 'before', y: 'after', [narrow ? 'fy' : 'fx']: 'panel' })

const VARIANTS = [
  [TRACES.recommended, 'none', 'without EWC'],
  [TRACES.noFloor, 'ewc', 'EWC, no floor'],
  [TRACES.recommended, 'ewc', 'EWC'],
] as const

const rowsOf = (data: ReportData, seed: number): string[][] =>
  VARIANTS.map(([recipe, method, name]) => {
    const { firing, withoutSilent } = anatomyOf(data, recipe, method, seed)
    const units = firing.before.flatMap((share, unit) => (share === 0 ? [unit] : []))
    const woken = units.filter((unit) => firing.mnist[unit] !== 0)
    const mean = (shares: readonly number[]) =>
      woken.length === 0 ? '' : accuracy(summarize(woken.map((unit) => shares[unit] ?? 0)).mean)
    const end = extrasOf(data, recipe, method)
      .find((run) => run.seed === seed)
      ?.after.at(-1)
    return [
      `seed ${seed}, ${name}`,
      String(units.length),
      String(woken.length),
      mean(firing.mnist),
      mean(firing.fashion),
      end ? accuracy(end.mnist) : '',
      accuracy(withoutSilent),
    ]
  })
