import { type MethodName, RECIPE, type Recipe } from '../article/recipes.ts'

/** A recipe, and the one it is compared with. */
export interface Rung {
  /** in names of figures */
  readonly name: string
  readonly kind: 'rung' | 'control' | 'bound'
  readonly title: string
  /** what is changed, and why */
  readonly why: string
  readonly recipe: Recipe
  readonly method: MethodName
  /** the name of another rung; null at the foot of the ladder */
  readonly comparedWith: string | null
}

/** found by `palimpsest ladder --tune`, on training images that the runs did not learn */
export const CHOSEN = { article: 10_000, exact: 100, ones: 0.03, shuffled: 1_000 } as const

type Change = Pick<Rung, 'name' | 'title' | 'why'> & { readonly change: (recipe: Recipe) => Recipe }

const CHANGES: readonly Change[] = [
  {
    name: 'learning-rate',
    title: 'learning rate 1e-3',
    why: "Adam's usual value, in both tasks. At 1e-4 a network without BatchNorm, which comes later, would not learn both sets in four epochs.",
    change: (recipe) => ({
      ...recipe,
      first: { ...recipe.first, learningRate: 1e-3 },
      second: { ...recipe.second, learningRate: 1e-3 },
    }),
  },
  {
    name: 'frozen-statistics',
    title: 'BatchNorm statistics frozen',
    why: 'The running statistics follow the second task while the penalty holds the weights: the first task sees another network. They stay as the first task left them.',
    change: (recipe) => ({ ...recipe, freezeStatistics: true }),
  },
  {
    name: 'no-batchnorm',
    title: 'no BatchNorm',
    why: 'A network without statistics has nothing to freeze: EWC alone.',
    change: (recipe) => ({ ...recipe, batchNorm: false, freezeStatistics: false }),
  },
  {
    name: 'one-hidden-layer',
    title: 'one hidden layer',
    why: '784-100-10 instead of 784-100-100-10: as simple as a network with a hidden layer can be.',
    change: (recipe) => ({ ...recipe, sizes: [784, 100, 10] }),
  },
  {
    name: 'article-lambda',
    title: `lambda ${CHOSEN.article}`,
    why: "The article's weight of 1e6 was set for another network. This is the best weight for the article's estimator on held-out training images.",
    change: (recipe) => ({ ...recipe, ewc: { ...recipe.ewc, lambda: CHOSEN.article } }),
  },
  {
    name: 'exact-fisher',
    title: `exact Fisher, lambda ${CHOSEN.exact}`,
    why: "The mean of squared gradients instead of the article's squared mean with crossed labels. Another estimator has another scale, so it too gets its best weight on held-out training images, which is also that of the recommended recipe. (A penalty a task replaces the latest alone: with two tasks that changes nothing.)",
    change: (recipe) => ({ ...recipe, ewc: { lambda: CHOSEN.exact, estimator: 'exact' } }),
  },
  {
    name: 'whole-set',
    title: 'Fisher of all images',
    why: 'All 60,000 images of the task instead of 30,000 drawn from them.',
    change: (recipe) => ({ ...recipe, consolidateBatches: null }),
  },
  {
    name: 'reset-adam',
    title: 'Adam starts anew',
    why: "Adam's moments belong to the first task; the second starts without them.",
    change: (recipe) => ({ ...recipe, resetOptimizer: true }),
  },
  {
    name: 'floor',
    title: 'floor for silent units',
    why: 'A unit that never fired on the first task has a Fisher of 0: the second task revives it, and it shifts the logits of the first. The floor adds the mean over the units of its layer.',
    change: (recipe) => ({ ...recipe, ewc: { ...recipe.ewc, floor: 1 } }),
  },
  {
    name: 'decay',
    title: 'decay in the second task',
    why: 'The learning rate of the second task falls to 0 in a straight line.',
    change: (recipe) => ({ ...recipe, second: { ...recipe.second, schedule: 'linearDecay' } }),
  },
  {
    name: 'recommended',
    title: 'second task from 3e-3',
    why: 'A rate that falls can begin higher. This is the recommended recipe: lambda and floor were chosen together with this schedule.',
    change: (recipe) => ({ ...recipe, second: { ...recipe.second, learningRate: 3e-3 } }),
  },
]

/** From the published recipe to the recommended one, one change at a time. */
export const RUNGS: readonly Rung[] = climb()

function climb(): Rung[] {
  let last: Rung = {
    name: 'published',
    kind: 'rung',
    title: 'as published',
    why: "The article's network, optimizer, estimator and weight.",
    recipe: RECIPE.published,
    method: 'ewc',
    comparedWith: null,
  }
  const rungs = [last]
  for (const { change, ...words } of CHANGES) {
    last = { ...words, kind: 'rung', recipe: change(last.recipe), method: 'ewc', comparedWith: last.name }
    rungs.push(last)
  }
  return rungs
}
