import * as Plot from '@observablehq/plot'
import { accuracy, duration, summarize } from '../../format.ts'
import { figure, legend, type Section, table } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import type { Row } from '../figures.ts'
import { ARTICLE, METHODS } from '../recipes.ts'
import { spread, spreadSentence } from '../tables.ts'
import { type ReportData, rowOf, seedsOf } from './data.ts'

/** what is left of the first task: the tables that the terminal shows, and a chart of them */
export function outcome(data: ReportData): Section {
  const { rows, seeds, epochs } = data
  const found = rows.flatMap(({ recipe, method, values }) =>
    (['mnist', 'fashion'] as const).flatMap((set) =>
      values[set].map((value) => ({ recipe, method, set, value, mean: summarize(values[set]).mean })),
    ),
  )
  const means = rows.map(({ recipe, method, values }) => ({
    recipe,
    method,
    mnist: summarize(values.mnist).mean,
    fashion: summarize(values.fashion).mean,
  }))
  const recipes = [...new Set(rows.map(({ recipe }) => recipe))]
  const place = { y: 'method', fy: 'recipe' }
  const drawing = chart(({ narrow }) => ({
    height: 64 + (narrow ? 118 : 112) * recipes.length,
    marginLeft: narrow ? 40 : 52,
    marginRight: 14,
    marginTop: 24,
    marginBottom: 40,
    x: { domain: [0, 1], ticks: 5, tickFormat: '.1f', label: 'test accuracy after both tasks', labelAnchor: 'center' },
    y: { domain: METHODS, label: null, tickSize: 0 },
    fy: { domain: recipes, axis: null, padding: 0.28 },
    color: { domain: METHODS, range: METHODS.map((method) => COLOUR[method]) },
    marks: [
      Plot.gridX({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.text(recipes, {
        fy: (d: string) => d,
        text: (d: string) => d,
        frameAnchor: 'top-left',
        dy: -13,
        fontWeight: 600,
      }),
      Plot.link(means, {
        ...place,
        y1: 'method',
        y2: 'method',
        x1: 'mnist',
        x2: 'fashion',
        stroke: 'method',
        strokeWidth: 2,
        strokeOpacity: 0.5,
      }),
      Plot.dot(found, { ...place, x: 'value', fill: 'method', fillOpacity: 0.3, r: 2.5, symbol: symbolOf }),
      Plot.dot(means, {
        ...place,
        x: 'fashion',
        fill: COLOUR.card,
        stroke: 'method',
        strokeWidth: 2.25,
        r: 5.5,
        symbol: 'diamond',
      }),
      Plot.dot(means, { ...place, x: 'mnist', fill: 'method', r: 5.5 }),
    ],
  }))
  return {
    id: 'outcome',
    title: 'What is left of MNIST',
    parts: [
      figure({
        title: 'Both accuracies, after both tasks',
        body: drawing,
        legend: legend([
          { label: 'without EWC', colour: COLOUR.none },
          { label: 'with EWC', colour: COLOUR.ewc },
          { label: 'joint: both at once', colour: COLOUR.joint },
        ]),
        sentence:
          'A filled circle is the mean accuracy on MNIST, an open diamond that on Fashion-MNIST, the small marks are single seeds: the shorter the line between them and the further right, the less was given up.',
        description: `For every recipe and method two marks on a scale from 0 to 1. ${means.map(({ recipe, method, mnist, fashion }) => `${recipe} ${method}: MNIST ${accuracy(mnist)}, Fashion-MNIST ${accuracy(fashion)}`).join('; ')}.`,
      }),
      articleTable(data),
      table({
        caption: 'Every recipe and method, test accuracy',
        head: ['recipe', 'method', 'MNIST at first', 'MNIST', 'Fashion-MNIST', 'average', 'time'],
        names: 2,
        rows: rows.map(({ recipe, method, runs, values }) => [
          recipe,
          method,
          atFirst(runs),
          spread(values.mnist),
          spread(values.fashion),
          spread(values.average),
          duration(summarize(runs.map((run) => run.seconds)).mean),
        ]),
        note: `${describe(seeds)}, ${epochs} + ${epochs} epochs. "MNIST at first" is before Fashion-MNIST was learnt; "joint" learns both at once and sees the old data, which EWC does not keep: the upper bound.`,
      }),
    ],
  }
}

const describe = (seeds: number) => (seeds === 1 ? 'Seed 1' : `Mean \u00b1 deviation of a sample, ${seedsOf(seeds)}`)

const symbolOf = ({ set }: { set: string }) => (set === 'mnist' ? 'circle' : 'diamond')

function atFirst(runs: Row['runs']): string {
  const firsts = runs.flatMap(({ after }) => (after.length > 1 && after[0] ? [after[0].mnist] : []))
  return firsts.length > 0 ? spread(firsts) : ''
}

/** the article's 2 x 2 table, ours beside it */
function articleTable(data: ReportData) {
  const rows = (['ewc', 'none'] as const).map((method) => {
    const ours = rowOf(data, 'published', method)?.values
    const printed = ARTICLE[method]
    return [
      method === 'ewc' ? 'with EWC' : 'without EWC',
      accuracy(printed.mnist),
      ours ? spread(ours.mnist) : '',
      accuracy(printed.fashion),
      ours ? spread(ours.fashion) : '',
    ]
  })
  return table({
    caption: 'The article\u2019s table, and the same recipe run here',
    head: ['', 'MNIST, article', 'MNIST, here', 'Fashion, article', 'Fashion, here'],
    rows,
    note: `${describe(data.seeds)}; recipe "published". ${spreadSentence(data.rows)}`,
  })
}
