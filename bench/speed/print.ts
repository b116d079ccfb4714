import Table from 'cli-table3'
import { PLAIN } from '../format.ts'
import type { Figure } from '../report.ts'
import { meets, type Section } from './section.ts'

/** A section with what was found, an element an entry. */
export interface Found extends Pick<Section, 'id' | 'title' | 'sentence'> {
  readonly rows: readonly (readonly Figure[])[]
}

export const figuresOf = (found: readonly Found[]): Figure[] => found.flatMap(({ rows }) => rows.flat())

const BAR = 20

/** Tables for a terminal, one a section. */
export function printed(found: readonly Found[]): string {
  const sections = found
    .filter(({ rows }) => rows.length > 0)
    .map((section) => `${section.title}. ${section.sentence}\n${tableOf(section)}`)
  return [...sections, verdict(figuresOf(found))].join('\n\n')
}

/** A table for a terminal, a row an entry. */
export function tableOf({ rows }: Pick<Found, 'rows'>): string {
  const head = ['', 'median', 'spread', 'ratio', 'target', '', '']
  const aligns = ['left', 'right', 'right', 'right', 'right', 'left', 'left'] as const
  const table = new Table({ head, colAligns: [...aligns], ...PLAIN })
  for (const figures of rows) {
    const measured = figures.find(({ unit }) => unit !== 'ratio')
    const ratio = figures.find(({ unit }) => unit === 'ratio')
    const judged = figures.find(({ target }) => target !== undefined)
    const main = measured ?? ratio
    if (!main) continue
    table.push([
      measured?.name ?? main.name.replace(/\/ratio$/, ''),
      measured ? `${number(measured.value)} ${measured.unit}` : '',
      `${Math.round(100 * spreadOf(main))} %`,
      ratio ? number(ratio.value) : '',
      judged ? targetText(judged) : '',
      barOf(ratio ?? main),
      mark(judged),
    ])
  }
  return table.toString()
}

/** the middle half, as a share of the median */
function spreadOf({ params, value, std }: Figure): number {
  const [low, high] = (params?.quartiles ?? [value - std, value + std]) as [number, number]
  return (high - low) / value
}

export const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)

export const targetText = ({ target, better }: Figure): string =>
  target === undefined ? '' : `${better === 'higher' ? '\u2265' : '\u2264'} ${Number(target.toPrecision(3))}`

export function mark(figure: Figure | undefined): string {
  const met = figure ? meets(figure) : null
  return met === null ? '' : met ? '\u2713 met' : '\u2717 missed'
}

/** of a ratio to a limit the share of the limit that is reached, of others the share of the target */
export function shareOf({ name, value, target, better }: Figure): number | null {
  if (name.endsWith('/peak-ratio')) return value
  if (/\/(bound|bandwidth)-ratio$/.test(name)) return 1 / value
  if (target === undefined) return null
  return better === 'higher' ? value / target : target / value
}

function barOf(figure: Figure): string {
  const share = shareOf(figure)
  if (share === null) return ''
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * BAR)
  return '\u2588'.repeat(filled) + '\u2591'.repeat(BAR - filled)
}

export function verdict(figures: readonly Figure[]): string {
  const judged = figures.filter(({ target }) => target !== undefined)
  const missed = judged.filter((figure) => meets(figure) === false)
  const names = missed.map((figure) => `\n  ${figure.name}: ${number(figure.value)}, target ${targetText(figure)}`)
  return `${judged.length - missed.length} of ${judged.length} targets met${missed.length > 0 ? '; missed:' : ''}${names.join('')}`
}
