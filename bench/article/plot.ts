import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Row } from './figures.ts'

// Okabe and Ito's colours, told apart by the colour-blind
const COLOURS = { none: '#999999', ewc: '#0072B2', joint: '#E69F00' }

/** An SVG of test accuracy after both tasks: a dot a seed, a bar at the mean, a panel a recipe. */
export function accuracyPlot(rows: readonly Row[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const dots = rows.flatMap(({ recipe, method, values }) =>
    (['mnist', 'fashion', 'average'] as const).flatMap((what) =>
      values[what].map((accuracy) => ({ recipe, method, accuracy, what: TITLES[what] })),
    ),
  )
  const place = { x: 'accuracy', y: 'method', fy: 'recipe', fx: 'what' }
  const chart = Plot.plot({
    document,
    width: 960,
    height: 140 + 110 * new Set(rows.map(({ recipe }) => recipe)).size,
    marginLeft: 60,
    marginRight: 150,
    grid: true,
    x: { domain: [0, 1], label: 'test accuracy after both tasks' },
    y: { domain: Object.keys(COLOURS), label: null },
    fx: { domain: Object.values(TITLES), label: null },
    fy: { domain: [...new Set(rows.map(({ recipe }) => recipe))], label: null },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.frame({ stroke: '#dddddd' }),
      Plot.tickX(dots, Plot.groupY({ x: 'mean' }, { ...place, stroke: 'method', strokeWidth: 3 })),
      Plot.dot(dots, { ...place, fill: 'method', fillOpacity: 0.5, r: 3.5 }),
    ],
  })
  chart.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  chart.setAttribute('role', 'img')
  chart.setAttribute(
    'aria-label',
    'Test accuracy after both tasks, by recipe and method; a dot a seed, a bar at the mean',
  )
  return chart.outerHTML
}

const TITLES = { mnist: 'MNIST', fashion: 'Fashion-MNIST', average: 'average of both' }
