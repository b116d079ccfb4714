import Table from 'cli-table3'
import { accuracy, PLAIN } from '../format.ts'
import type { Line } from './lines.ts'
import type { Rung } from './rungs.ts'
import type { Estimate } from './statistics.ts'

export const GROUPS: Readonly<Record<Rung['kind'], string>> = {
  rung: 'one change at a time',
  control: 'instead of the Fisher',
  bound: 'beside it',
}

/** .8933 ± .0020 */
export const spread = ({ n, mean, std }: Estimate): string =>
  n > 1 ? `${accuracy(mean)} \u00b1 ${accuracy(std)}` : accuracy(mean)

/** +.0123, with a true minus sign */
export const signed = (value: number): string =>
  `${value < 0 ? '\u2212' : '+'}${Math.abs(value).toFixed(4).replace(/^0/, '')}`

/** [+.0100, +.0146] */
export const range = ([low, high]: readonly [number, number]): string => `[${signed(low)}, ${signed(high)}]`

/** +.0123 [+.0100, +.0146] */
export const change = ({ mean, interval }: Estimate): string =>
  interval ? `${signed(mean)} ${range(interval)}` : signed(mean)

/** whether the interval leaves out 0, and on which side */
export function verdict(difference: Estimate | null): 'gain' | 'loss' | 'open' {
  const [low, high] = difference?.interval ?? [0, 0]
  if (low > 0) return 'gain'
  return high < 0 ? 'loss' : 'open'
}

const BAR = 20

export const grouped = (lines: readonly Line[]): [Rung['kind'], Line[]][] =>
  (['rung', 'control', 'bound'] as const).map((kind) => [kind, lines.filter(({ rung }) => rung.kind === kind)])

/** Every rung, the average drawn as a bar. */
export function terminalTable(lines: readonly Line[]): string {
  const head = ['', 'MNIST', 'Fashion-MNIST', 'average', '', 'change of the average [95 %]']
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'right', 'left', 'left'], ...PLAIN })
  for (const [kind, some] of grouped(lines)) {
    if (some.length > 0) table.push([GROUPS[kind], '', '', '', '', `  to ${comparison(kind)}`])
    for (const { rung, mnist, fashion, average, difference } of some) {
      const filled = Math.round(average.mean * BAR)
      table.push([
        `  ${rung.title}`,
        spread(mnist),
        spread(fashion),
        spread(average),
        '\u2588'.repeat(filled) + '\u2591'.repeat(BAR - filled),
        difference ? change(difference) : '',
      ])
    }
  }
  return table.toString()
}

export const comparison = (kind: Rung['kind']): string =>
  kind === 'rung' ? 'the line above' : 'the recommended recipe'

/** The same for docs, in Markdown. */
export function markdownTable(lines: readonly Line[]): string {
  return grouped(lines)
    .map(([kind, some]) =>
      [
        `| ${GROUPS[kind]} | MNIST | Fashion-MNIST | average | change to ${comparison(kind)} [95 %] |`,
        '|---|---|---|---|---|',
        ...some.map(
          ({ rung, mnist, fashion, average, difference }) =>
            `| ${rung.title} | ${spread(mnist)} | ${spread(fashion)} | ${spread(average)} | ${difference ? change(difference) : ''} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n')
}
