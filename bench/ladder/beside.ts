import { RECIPE, type Recipe } from '../article/recipes.ts'
import { CHOSEN, RUNGS, type Rung } from './rungs.ts'

const { recommended } = RECIPE

const controlled = (control: NonNullable<Recipe['control']>, lambda: number = recommended.ewc.lambda): Recipe => ({
  ...recommended,
  ewc: { ...recommended.ewc, lambda },
  control,
})

/** The recommended recipe with something else in the place of the Fisher. */
export const CONTROLS: readonly Rung[] = [
  {
    name: 'ones-same-mean',
    title: 'F = 1, same mean',
    why: 'Every weight is held alike, by lambda times the mean of the Fisher: the same total precision, spread evenly.',
    recipe: controlled('mean'),
  },
  {
    name: 'ones-tuned',
    title: `F = 1, lambda ${CHOSEN.ones}`,
    why: 'The same, with the best lambda on held-out training images: what plain L2 to the old weights can do.',
    recipe: controlled('ones', CHOSEN.ones),
  },
  {
    name: 'shuffled',
    title: 'Fisher shuffled',
    why: "Each layer keeps the values of its Fisher, but they are dealt to the layer's weights at random; lambda is kept.",
    recipe: controlled('shuffled'),
  },
  {
    name: 'shuffled-tuned',
    title: `Fisher shuffled, lambda ${CHOSEN.shuffled}`,
    why: 'The same, with the best lambda on held-out training images.',
    recipe: controlled('shuffled', CHOSEN.shuffled),
  },
  {
    name: 'first-layer-frozen',
    title: 'first layer frozen',
    why: 'No penalty; the second task trains the last layer alone, on the features of the first task.',
    recipe: controlled('first-layer-frozen'),
    method: 'none' as const,
  },
].map((control) => ({ method: 'ewc', ...control, kind: 'control', comparedWith: 'recommended' }))

/** What no method and all data can do with the recommended recipe, and the article's network with its settings. */
export const BOUNDS: readonly Rung[] = [
  {
    name: 'none',
    title: 'no EWC',
    why: 'The recommended recipe without a penalty.',
    recipe: recommended,
    method: 'none' as const,
  },
  {
    name: 'joint',
    title: 'both at once',
    why: 'Both sets learnt together: it sees the old images, which EWC never does.',
    recipe: recommended,
    method: 'joint' as const,
  },
  {
    name: 'recommended-batchnorm',
    title: "the article's network",
    why: 'The recommended recipe on 784-100-100-10 with BatchNorm, its statistics frozen after the first task.',
    recipe: RECIPE['recommended-batchnorm'],
    method: 'ewc' as const,
  },
].map((bound) => ({ ...bound, kind: 'bound', comparedWith: 'recommended' }))

export const ALL: readonly Rung[] = [...RUNGS, ...CONTROLS, ...BOUNDS]
