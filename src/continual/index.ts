export { Heads } from '../nn/heads.ts'
export { Analytic } from './analytic.ts'
export type { AnalyticHead, AnalyticSolution, LinearScores } from './analytic-heads.ts'
export type { AnalyticOptions, AnalyticPrediction, AnalyticPredictOptions } from './analytic-types.ts'
export type { Mode } from './anchors.ts'
export { articleDiagonal } from './article.ts'
export type { Selection } from './buffer.ts'
export { ewcPenalty, type Memory } from './ewc.reference.ts'
export { Ewc, type EwcOptions } from './ewc.ts'
export { AnalyticExperts, type AnalyticExpertsOptions, type ExpertPrediction } from './experts.ts'
export { type Factors, type FactorsOptions, kroneckerFactors } from './factors.ts'
export { type Diagonal, type FisherEstimator, type FisherOptions, fisherDiagonal } from './fisher.ts'
export { type FloorUnits, withUnitFloor } from './floor.ts'
export { Kfac, type KfacOptions } from './kfac.ts'
export { Lwf, type LwfOptions } from './lwf.ts'
export { Mas, type MasOptions, sensitivityDiagonal } from './mas.ts'
export type { Method, MethodState, StepBatch, Task } from './method.ts'
export {
  type AccuracyMatrix,
  averageAccuracy,
  backwardTransfer,
  forgetting,
  forwardTransfer,
  learningAccuracy,
} from './metrics.ts'
export { Replay, type ReplayOptions } from './replay.ts'
export { Si, type SiOptions } from './si.ts'
