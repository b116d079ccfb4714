export { type Batch, type Batches, type BatchesOptions, batches } from './batches.ts'
export { cacheFolder } from './cache.ts'
export { type Idx, parseIdx, setFromIdx } from './idx.ts'
export { type LoadOptions, type LoadProgress, loadFashionMnist, loadMnist, type TrainAndTest } from './load.ts'
export { type LabelledSet, type LabelledSetFields, labelledSet, type Rows, subset, union } from './set.ts'
export {
  type PermutedOptions,
  permuted,
  type RotatedOptions,
  rotated,
  type SplitOptions,
  type Stream,
  type StreamTask,
  split,
  streamOf,
  trainingUnion,
} from './streams.ts'
