export { ContinualClassifier, type LoadOptions } from './classifier.ts'
export type {
  AnalyticModelOptions,
  Answer,
  ClassifierOptions,
  LearnOptions,
  NetworkMethod,
  NetworkModelOptions,
  Receipt,
  Report,
  RunOptions,
  Score,
} from './types.ts'
