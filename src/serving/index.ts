export { ContinualClassifier, type LoadOptions } from './classifier.ts'
export { ClassifierStore, type StoreOptions } from './store.ts'
export type {
  AnalyticModelOptions,
  Answer,
  ClassifierOptions,
  DriftReport,
  LearnOptions,
  NetworkMethod,
  NetworkModelOptions,
  Receipt,
  Report,
  RunOptions,
  Score,
  StoreReport,
} from './types.ts'
