import type { Evaluation } from '../training/events.ts'

/** Running sums and a closed-form head: see `Analytic` of `palimpsest/continual`, whose options these are. */
export interface AnalyticModelOptions {
  /** which of the two it is */
  readonly kind: 'analytic'
  /** random ReLU features of a row; default 0: the inputs themselves */
  readonly features?: number
  /** default `ridge` */
  readonly head?: 'ridge' | 'means'
  /** above 0; default 1e-3 */
  readonly ridge?: number
  /** of the random features; default 0 */
  readonly seed?: number
  /** default true: `removeClass` is exact, and memory grows with the classes; with false it is refused */
  readonly removable?: boolean
}

/** What a network may be kept from forgetting with; `replay` stores samples. */
export type NetworkMethod = 'none' | 'ewc' | 'si' | 'mas' | 'kfac' | 'lwf' | 'replay'

/** An Mlp that is trained by Adam, one step a batch, with a method of `palimpsest/continual`. At most 256 classes. */
export interface NetworkModelOptions {
  /** which of the two it is */
  readonly kind: 'network'
  /** sizes of the hidden layers; default [100] */
  readonly hidden?: readonly number[]
  /** default `ewc` */
  readonly method?: NetworkMethod
  /** weight of the method's penalty; default: the method's own */
  readonly lambda?: number
  /** of Adam; default 1e-3 */
  readonly learningRate?: number
  /** rows a step, of what one `learn` gets; default 100 */
  readonly batchSize?: number
  /** times through what one `learn` gets; default 1 */
  readonly epochs?: number
  /** rows that `replay` keeps; default 1000 */
  readonly samples?: number
  /** of the initial weights and of all that is drawn; default 0 */
  readonly seed?: number
}

/** What a {@link ContinualClassifier} is made with. */
export interface ClassifierOptions {
  /** I, numbers a row, from 1 to 16384 */
  readonly inputs: number
  /** names what makes the rows, such as an embedding model with its version; stored, and checked when loading */
  readonly encoder?: string
  /** default `{ kind: 'analytic' }` */
  readonly model?: AnalyticModelOptions | NetworkModelOptions
  /** `no-samples` (default) refuses a method that stores samples */
  readonly privacy?: 'no-samples' | 'samples'
  /** share of inputs like those learnt for which `known` is false, from 0 to less than 1; default 0.01 */
  readonly rejectionRate?: number
  /** ids of `learn` that are remembered, the latest; default 1000 */
  readonly rememberedIds?: number
}

/** How a {@link ContinualClassifier} runs here; not part of what is saved. */
export interface RunOptions {
  /** calls that may wait at a time, default 256: one more is refused with `OVERLOADED` */
  readonly maxPending?: number
}

/** What `learn` takes besides rows and labels. */
export interface LearnOptions {
  /** names the batch: one whose id was learnt before is not learnt again */
  readonly id?: string
  /** withdraws the call, unless it has begun */
  readonly signal?: AbortSignal
}

/** What a change answers. */
export interface Receipt {
  /** counts the changes; a file knows all up to the number that `save` answers */
  readonly sequence: number
  /** false when the id was remembered, and nothing was done */
  readonly learnt: boolean
}

/** What `predict` answers for a row. */
export interface Answer {
  /** the most probable class */
  readonly label: string
  /** its probability, calibrated on what was predicted before it was learnt */
  readonly probability: number
  /** false where the probability is so low that only `rejectionRate` of inputs like those learnt have a lower one */
  readonly known: boolean
}

/** How well something was predicted before it was learnt. Shares are of rows, losses in nats; null without rows. */
export interface Score {
  /** rows of a class that was known when they came */
  readonly samples: number
  /** share answered right */
  readonly accuracy: number | null
  /** mean of -log of the probability of the true class */
  readonly logLoss: number | null
  /** expected calibration error, 10 bins of the answer's probability (Guo et al. 2017, arXiv:1706.04599, equation 3) */
  readonly calibrationError: number | null
}

/** How far inputs and answers have moved lately, rows with a half-life of 200. */
export interface DriftReport {
  /** of the inputs' recent mean from that of all, in standard deviations: root of the mean square over inputs */
  readonly distance: number
  /** what chance alone makes of it */
  readonly expected: number
  /** share answered right lately; null before the first */
  readonly recentAccuracy: number | null
}

/** What `report` tells. */
export interface Report {
  /** changes so far */
  readonly sequence: number
  /** of all rows */
  readonly overall: Score
  /** accuracy and log loss of rows of this class, calibration of answers of it */
  readonly classes: Readonly<Record<string, Score>>
  /** rows that were the first of their class, and could not be answered right */
  readonly firsts: number
  /** what the logits are divided by */
  readonly temperature: number
  /** below which probability `known` is false */
  readonly threshold: number
  /** estimated rise, in nats a sample, of the loss of consolidated tasks: the penalty without lambda; null where a method gives none */
  readonly estimatedRise: number | null
  /** accuracy and mean loss on the rows given, exactly; null without them */
  readonly probe: Evaluation | null
  /** how far what comes has moved */
  readonly drift: DriftReport
  /** of the state and of what answers */
  readonly bytes: number
}

/** What a store tells of itself. Counts are since it was opened. */
export interface StoreReport {
  /** models in memory */
  readonly residents: number
  /** of these, how many somebody has open */
  readonly held: number
  /** what they take */
  readonly bytes: number
  /** what they may take */
  readonly budget: number
  /** openings of what was in memory */
  readonly hits: number
  /** openings of what was not */
  readonly misses: number
  /** of these, how many waited until another was saved and made room */
  readonly waits: number
  /** models that left memory to make room */
  readonly evictions: number
}
