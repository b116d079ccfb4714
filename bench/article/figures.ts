import { summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import { ARTICLE, type MethodName } from './recipes.ts'
import type { RunRecord } from './run.ts'

/** Test accuracies after the last phase, over the seeds. */
export interface Row {
  readonly recipe: string
  readonly method: MethodName
  readonly runs: readonly RunRecord[]
  readonly values: Readonly<Record<'mnist' | 'fashion' | 'average', readonly number[]>>
}

/** a row a recipe and method, in the order of the records */
export function rowsOf(records: readonly RunRecord[]): Row[] {
  const groups = new Map<string, RunRecord[]>()
  for (const record of records) {
    const key = `${record.recipe}/${record.method}`
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return [...groups.values()].flatMap((runs) => {
    const [first] = runs
    if (!first) return []
    const ends = runs.flatMap(({ after }) => after.at(-1) ?? [])
    const mnist = ends.map((end) => end.mnist)
    const fashion = ends.map((end) => end.fashion)
    const average = ends.map((end) => (end.mnist + end.fashion) / 2)
    return [{ recipe: first.recipe, method: first.method, runs, values: { mnist, fashion, average } }]
  })
}

const TARGET_AVERAGE = 0.885
/** where the means of many runs of the article's own code lie */
export const BANDS = {
  ewc: { mnist: [0.59, 0.73], fashion: [0.79, 0.83] },
  none: { mnist: [0.35, 0.5], fashion: [0.855, 0.885] },
} as const

export function figuresOf(rows: readonly Row[], seconds: number, seeds: number, peakRssMb: number): Figure[] {
  const accuracies = rows.flatMap(({ recipe, method, values }) =>
    (['mnist', 'fashion', 'average'] as const).map((what): Figure => {
      const { n, mean: value, std, least, most } = summarize(values[what])
      const figure = {
        name: `article/${recipe}/${method}/${what}`,
        value,
        unit: 'accuracy',
        n,
        std,
        better: 'higher',
      } as const
      const params = { least, most }
      if (recipe === 'recommended' && method === 'ewc' && what === 'average')
        return { ...figure, target: TARGET_AVERAGE, params }
      if (recipe === 'published' && method !== 'joint' && what !== 'average')
        return { ...figure, params: { ...params, article: ARTICLE[method][what], band: BANDS[method][what] } }
      return { ...figure, params }
    }),
  )
  const once = { n: 1, std: 0, better: 'lower' } as const
  return [
    ...accuracies,
    {
      name: 'article/seconds',
      value: seconds / seeds,
      unit: 's',
      ...once,
      target: 120,
      params: { per: 'seed', seeds },
    },
    { name: 'article/peak-rss-mb', value: peakRssMb, unit: 'MB', ...once, target: 400 },
  ]
}
