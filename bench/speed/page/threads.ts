import { figure, type Section } from '../../page/page.ts'
import { COLOUR } from '../../page/plot.ts'
import { bars, short } from './charts.ts'
import { type Figures, quartilesOf } from './figures.ts'

const COLOURS = { quiet: COLOUR.ewc, busy: COLOUR.none } as const

/** what more threads gain, and what they cost where others want the processors */
export function threadSections(figures: Figures): Section[] {
  const found = figures.matching(/^(step|threads)\/(.*)\/(\d+)\/speedup$/).map(({ figure: speedup, parts }) => {
    const [kind = '', what = '', threads = ''] = parts
    const name =
      kind === 'step'
        ? `step ${what.replace('/', ', batch ')}`
        : what.replace(/^gemm\//, 'product ').replaceAll('x', ' \u00d7 ')
    return {
      speedup,
      label: `${name.replace(/\/(nt|nn|tn)$/, (_, form: string) => ` ${form.toUpperCase()}`)}, ${threads} threads`,
    }
  })
  if (found.length === 0) return []
  const busy = figures.matching(/^busy\/(.*)\/(\d+)\/ratio$/).map(({ figure: ratio, parts: [net = '', threads] }) => ({
    label: `step ${net.replace('/', ', batch ')}, ${threads} threads`,
    bars: [{ series: 'busy', value: ratio.value, range: quartilesOf(ratio), target: ratio.target }],
  }))
  const values = found.map(({ speedup }) => speedup.value)
  return [
    {
      id: 'threads',
      title: 'Threads',
      parts: [
        figure({
          title: 'How much faster several threads are',
          body: bars(
            found.map(({ label, speedup }) => ({
              label,
              bars: [{ series: 'quiet', value: speedup.value, range: quartilesOf(speedup), target: speedup.target }],
            })),
            { colours: COLOURS, label: 'time of one thread, in times of that of several', limit: 1 },
          ),
          sentence:
            'Longer is better, and the dashed line is as fast as one thread: a thick tick is a target, a thin line the middle half of the samples.',
          description: `Bars of ${found.length} speedups, from ${short(Math.min(...values))} to ${short(Math.max(...values))}. The table below has the numbers.`,
        }),
        ...(busy.length === 0
          ? []
          : [
              figure({
                title: 'What threads cost beside 8 busy processes',
                body: bars(busy, {
                  colours: COLOURS,
                  label: 'time of several threads, in times of that of one',
                  limit: 1,
                }),
                sentence:
                  'Shorter is better: eight processes want the same processors, and the dashed line is what one thread takes beside them. A thick tick is the most that is allowed.',
                description: `Bars of a step's time on several threads over that on one, while eight other processes keep the processors busy: ${busy.map(({ label, bars: [bar] }) => `${label} ${short(bar?.value ?? 0)}`).join(', ')}.`,
              }),
            ]),
      ],
    },
  ]
}
