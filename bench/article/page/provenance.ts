import { accuracy } from '../../format.ts'
import { html } from '../../page/html.ts'
import { paragraph, type Section, table } from '../../page/page.ts'
import { committed } from '../../project.ts'
import type { Figure } from '../../report.ts'
import { RECIPE, RECIPES, type Recipe } from '../recipes.ts'
import { type ReportData, seedsOf } from './data.ts'

/** seeds, deviations, and what was tuned on what */
export function provenance({ result, seeds, epochs }: ReportData): Section {
  return {
    id: 'provenance',
    title: 'Where the numbers come from',
    parts: [
      table({
        caption: 'The recipes',
        head: ['', ...RECIPES],
        names: RECIPES.length + 1,
        rows: SETTINGS.map(([title, text]) => [title, ...RECIPES.map((name) => text(RECIPE[name]))]),
        note: html`<em>published</em> is the article\u2019s own recipe; nothing in it was tuned here. The settings of <em>recommended</em> were chosen on held-out training images, below; <em>recommended-batchnorm</em> takes them over unchanged. Test images chose nothing. The seeds of this run (${seedsOf(seeds)}) drive initial weights, shuffling and sampling; the same seed gives the same weights on any machine. ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} a task.`,
      }),
      ...selection(),
      targets(result.figures),
      paragraph(
        html`Every run is in <code>article.json</code> beside this page, with its seed and the checksum of its final weights. Runs named <code>trace/</code> and <code>sweep/</code> were made for this page alone; the tables above do not use them.`,
      ),
    ],
  }
}

const SETTINGS: readonly (readonly [string, (recipe: Recipe) => string])[] = [
  ['network', ({ sizes }) => sizes.join('-')],
  [
    'BatchNorm',
    ({ batchNorm, freezeStatistics }) => (batchNorm ? (freezeStatistics ? 'frozen after MNIST' : 'yes') : 'no'),
  ],
  ['batch', ({ batchSize }) => String(batchSize)],
  ['Adam, MNIST', ({ first }) => phase(first)],
  ['Adam, Fashion-MNIST', ({ second, resetOptimizer }) => phase(second) + (resetOptimizer ? ', moments reset' : '')],
  ['estimator', ({ ewc }) => ewc.estimator ?? 'exact'],
  ['lambda', ({ ewc }) => ewc.lambda.toLocaleString('en')],
  ['floor', ({ ewc }) => String(ewc.floor ?? 0)],
  [
    'Fisher from',
    ({ consolidateBatches }) => (consolidateBatches === null ? 'all images' : `${consolidateBatches} batches`),
  ],
]

const phase = ({ learningRate, schedule }: Recipe['first']) =>
  `${learningRate}, ${schedule === 'constant' ? 'constant' : 'falling to 0'}`

const SHOWN = 6

/** the search behind the recommended settings, as committed */
function selection() {
  const { figures, options } = committed('select')
  return [
    table({
      caption: 'The search behind the recommended settings: average accuracy on held-out training images',
      head: ['settings', 'average'],
      rows: figures
        .slice(0, SHOWN)
        .map(({ params, value, std }) => [String(params?.recipe), `${accuracy(value)} \u00b1 ${accuracy(std)}`]),
      note: html`The best ${Math.min(SHOWN, figures.length)} of ${figures.length} candidates; mean \u00b1 deviation of seeds 101 to ${100 + Number(options.seeds)}. Trained on the first 50,000 training images of each set, judged on the last 10,000. From <code>bench/results/select.json</code>, which <code>palimpsest run select</code> writes.`,
    }),
  ]
}

function targets(figures: readonly Figure[]) {
  const rows = figures.flatMap(({ name, value, unit, target, better }) =>
    target === undefined
      ? []
      : [[name, written(value, unit), `${better === 'higher' ? 'at least' : 'at most'} ${written(target, unit)}`]],
  )
  return table({
    caption: 'Figures with a target',
    head: ['figure', 'this run', 'target'],
    rows,
    note: 'article/seconds is the time that one seed takes, over all recipes and methods; article/peak-rss-mb is the most memory that the process held.',
  })
}

const written = (value: number, unit: string) => (unit === 'accuracy' ? accuracy(value) : `${value.toFixed(0)} ${unit}`)
