import type { EwcOptions } from '../../src/continual/ewc.ts'

export const RECIPES = ['published', 'recommended', 'recommended-batchnorm'] as const
export const METHODS = ['none', 'ewc', 'joint'] as const
export type RecipeName = (typeof RECIPES)[number]
export type MethodName = (typeof METHODS)[number]

/** How one task is learnt. */
export interface Phase {
  readonly learningRate: number
  readonly schedule: 'constant' | 'linearDecay'
}

/** Everything that decides a run but its method and seed; plain data, so that it crosses to a worker. */
export interface Recipe {
  readonly sizes: readonly number[]
  /** after the ReLU of every hidden layer */
  readonly batchNorm: boolean
  /** BatchNorm keeps the running statistics it has after the first task */
  readonly freezeStatistics: boolean
  readonly batchSize: number
  readonly first: Phase
  /** of joint training too */
  readonly second: Phase
  /** whether Adam forgets its moments between the tasks */
  readonly resetOptimizer: boolean
  readonly ewc: EwcOptions & { readonly lambda: number }
  /** how much of a set a consolidation looks at; null: all of it */
  readonly consolidateBatches: number | null
  /** of the ladder: what stands in for the Fisher, or that the first layer stays as the first task left it */
  readonly control?: 'ones' | 'mean' | 'shuffled' | 'first-layer-frozen'
}

const BATCH = 100

/** chosen on held-out training images by `palimpsest run select` */
const chosen = { lambda: 100, estimator: 'exact', floor: 1 } as const

const recommended: Recipe = {
  sizes: [784, 100, 10],
  batchNorm: false,
  freezeStatistics: false,
  batchSize: BATCH,
  first: { learningRate: 1e-3, schedule: 'constant' },
  second: { learningRate: 3e-3, schedule: 'linearDecay' },
  resetOptimizer: true,
  ewc: chosen,
  consolidateBatches: null,
}

export const RECIPE: Readonly<Record<RecipeName, Recipe>> = {
  /** the article's own: its network, its optimizer, its estimator, its weight */
  published: {
    sizes: [784, 100, 100, 10],
    batchNorm: true,
    freezeStatistics: false,
    batchSize: BATCH,
    first: { learningRate: 1e-4, schedule: 'constant' },
    second: { learningRate: 1e-4, schedule: 'constant' },
    resetOptimizer: false,
    ewc: { lambda: 1e6, estimator: 'article', mode: 'latest' },
    consolidateBatches: 300,
  },
  recommended,
  'recommended-batchnorm': { ...recommended, sizes: [784, 100, 100, 10], batchNorm: true, freezeStatistics: true },
}

/** the article's printed table: single draws, MNIST and Fashion-MNIST after both tasks */
export const ARTICLE: Readonly<Record<'ewc' | 'none', { readonly mnist: number; readonly fashion: number }>> = {
  ewc: { mnist: 0.7145, fashion: 0.8198 },
  none: { mnist: 0.3658, fashion: 0.8635 },
}
