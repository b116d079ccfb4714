import Table from 'cli-table3'
import { accuracy, duration, PLAIN, summarize } from '../format.ts'
import { committed } from '../project.ts'
import { type Row, rowsOf } from './figures.ts'
import { ARTICLE } from './recipes.ts'
import type { RunRecord } from './run.ts'

const right = (count: number) => ['left' as const, 'left' as const, ...new Array<'right'>(count).fill('right')]

/** mean, with the deviation when there is one */
export function spread(values: readonly number[]): string {
  const { n, mean, std } = summarize(values)
  return n > 1 ? `${accuracy(mean)} \u00b1 ${accuracy(std)}` : accuracy(mean)
}

/** The article's 2 x 2 table, our row under each of its rows. */
export function articleTable(rows: readonly Row[]): string {
  const table = new Table({ head: ['', '', 'MNIST', 'Fashion-MNIST'], colAligns: right(2), ...PLAIN })
  for (const [method, title] of [
    ['ewc', 'with EWC'],
    ['none', 'without EWC'],
  ] as const) {
    const printed = ARTICLE[method]
    table.push([title, 'the article', accuracy(printed.mnist), accuracy(printed.fashion)])
    const ours = rows.find((row) => row.recipe === 'published' && row.method === method)
    if (ours) table.push(['', 'palimpsest, same recipe', spread(ours.values.mnist), spread(ours.values.fashion)])
  }
  return table.toString()
}

/** How far the article's single draw lies from what was seen: now, or in the committed ten seeds. */
export function spreadSentence(rows: readonly Row[]): string {
  const ours = rows.find((row) => row.recipe === 'published' && row.method === 'ewc')
  if (!ours) return ''
  const now = summarize(ours.values.mnist)
  const [seen, whose] = now.n > 1 ? [now, `our ${now.n} seeds`] : [committedSpread(), 'the ten seeds of bench/results']
  const draw = now.n > 1 ? 'The article printed one draw' : 'The article printed one draw, and ours is one as well,'
  return `${draw} of a wide distribution: over ${whose} its EWC keeps between ${accuracy(seen.least)} and ${accuracy(seen.most)} of MNIST.`
}

function committedSpread(): { readonly least: number; readonly most: number } {
  const row = rowsOf(committed('article').runs as RunRecord[]).find(
    ({ recipe, method }) => recipe === 'published' && method === 'ewc',
  )
  return summarize(row?.values.mnist ?? [])
}

const BAR = 10

/** Every recipe and method, the average drawn as a bar. */
export function recipeTable(rows: readonly Row[]): string {
  const head = ['recipe', 'method', 'MNIST at first', 'MNIST', 'Fashion-MNIST', 'average', '', 'time']
  const table = new Table({ head, colAligns: [...right(4), 'left', 'right'], ...PLAIN })
  for (const { recipe, method, runs, values } of rows) {
    const firsts = runs.flatMap(({ after }) => (after.length > 1 && after[0] ? [after[0].mnist] : []))
    const { mean } = summarize(values.average)
    const filled = Math.round(mean * BAR)
    table.push([
      recipe,
      method,
      firsts.length > 0 ? spread(firsts) : '',
      spread(values.mnist),
      spread(values.fashion),
      spread(values.average),
      '\u2588'.repeat(filled) + '\u2591'.repeat(BAR - filled),
      duration(summarize(runs.map(({ seconds }) => seconds)).mean),
    ])
  }
  return table.toString()
}
