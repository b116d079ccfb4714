export { type Batch, type Batches, type BatchesOptions, batches } from './batches.ts'
export { type LoadOptions, type LoadProgress, loadFashionMnist, loadMnist, type TrainAndTest } from './load.ts'
export { type LabelledSet, type LabelledSetFields, labelledSet, subset, union } from './set.ts'
