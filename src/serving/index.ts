export { ContinualClassifier, type LoadOptions } from './classifier.ts'
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
} from './types.ts'
