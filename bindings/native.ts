import { availableParallelism } from 'node:os'
import { type ErrorCode, PalimpsestError } from './errors.ts'
import { type Exports, load } from './load.ts'

type F32 = Float32Array
type Optional = Float32Array | null
type Product = [
  m: number,
  n: number,
  k: number,
  a: F32,
  b: F32,
  bias: Optional,
  c: F32,
  accumulate: boolean,
  relu: boolean,
]
type Layer = [rows: number, features: number, x: F32, gamma: F32, beta: F32, epsilon: number]
type Penalty = [lambda: number, precision: Optional, anchor: Optional]

/**
 * The addon's exports. Matrices are row-major; every length is checked against the sizes, every element type against
 * the one named here, and outputs against overlap with inputs. See native/kernels.h for what each computes.
 */
export interface Native {
  tables(): string[]
  currentTable(): number
  selectTable(name: string): void
  /** how many threads work on one call, in the whole process */
  threads(): number
  /** @param count from 1 to {@link MOST_THREADS} */
  setThreads(count: number): void
  /** changes nothing once a number was set */
  setDefaultThreads(count: number): void
  /** how many calls several threads have worked on, since the process began */
  forkJoins(): number
  fmaPeak(iterations: number, sink: F32): number
  /** how many numbers of x lie before the first that starts a cache line, which may be past its end */
  toBoundary(x: F32): number
  /** asks the system for large pages, best before the first write; returns how many of the bytes may get them */
  largePages(bytes: Uint8Array): number

  matmulNT(...args: Product): void
  matmulNN(...args: Product): void
  matmulTN(...args: Product): void

  add(a: F32, b: F32, out: F32): void
  subtract(a: F32, b: F32, out: F32): void
  multiply(a: F32, b: F32, out: F32): void
  scale(x: F32, factor: number, out: F32): void
  addBias(rows: number, columns: number, x: F32, bias: F32, out: F32): void
  relu(x: F32, out: F32): void
  reluGradient(y: F32, dY: F32, dX: F32): void

  sum(x: F32): number
  allFinite(x: F32): boolean
  rowSums(rows: number, columns: number, x: F32, out: F32): void
  columnSums(rows: number, columns: number, x: F32, out: F32): void
  argmax(rows: number, columns: number, x: F32, out: Uint32Array): void
  countEqual(predicted: Uint32Array, labels: Uint8Array): number

  softmax(rows: number, classes: number, logits: F32, out: F32): void
  logSoftmax(rows: number, classes: number, logits: F32, out: F32): void
  logSoftmaxGradient(rows: number, classes: number, logP: F32, dLogP: F32, dLogits: F32): void
  softmaxCrossEntropy(
    rows: number,
    classes: number,
    logits: F32,
    labels: Uint8Array,
    rowLoss: F32,
    dLogits: F32,
  ): number

  batchNormTraining(
    ...args: [
      ...Layer,
      momentum: number,
      runningMean: F32,
      runningVariance: F32,
      mean: F32,
      inverseDeviation: F32,
      y: F32,
    ]
  ): void
  batchNormEvaluation(...args: [...Layer, runningMean: F32, runningVariance: F32, out: F32]): void
  batchNormNormalize(...args: [...Layer, runningMean: F32, runningVariance: F32, out: F32]): void
  /** `spread` is the inverse deviation that batchNormTraining saved */
  batchNormTrainingGradient(
    ...args: [...Layer, mean: F32, spread: F32, dY: F32, dX: F32, dGamma: F32, dBeta: F32]
  ): void
  /** `spread` is the running variance */
  batchNormEvaluationGradient(
    ...args: [...Layer, mean: F32, spread: F32, dY: F32, dX: F32, dGamma: F32, dBeta: F32]
  ): void

  sgd(
    ...args: [
      theta: F32,
      dTheta: F32,
      velocity: Optional,
      learningRate: number,
      momentum: number,
      weightDecay: number,
      ...Penalty,
    ]
  ): number
  adam(
    ...args: [
      theta: F32,
      dTheta: F32,
      firstMoment: F32,
      secondMoment: F32,
      learningRate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
      correction1: number,
      correction2: number,
      ...Penalty,
    ]
  ): number

  accumulateSquare(x: F32, out: F32): void
  accumulate(x: F32, total: Float64Array): void
  classSeed(rows: number, classes: number, chosen: number, probabilities: F32, out: F32): void
  quadraticSum(theta: F32, anchor: F32, precision: F32): number
  mergeQuadratic(theta: F32, f: F32, anchor: F32, precision: F32): number

  /** A [n, n] becomes its Cholesky factor; the first row whose pivot is not above `least` [n] and finite, or -1 */
  cholesky(n: number, least: Float64Array, a: Float64Array): number
  /** each row of B [rows, n] becomes the x of L L^T x = b */
  choleskySolve(n: number, rows: number, factor: Float64Array, b: Float64Array): void

  /**
   * A whole multilayer perceptron in evaluation mode, ReLU between its layers. `layers` are weight and bias of each,
   * and when `normalized` gamma, beta, running mean and running variance of a BatchNorm after all but the last. With
   * `packed`, weights are what packWeight made of them. The workspace holds 2 numbers for each of the widest layer's
   * outputs, or a multiple of that: so many rows go through at a time. Logits that are not finite are refused when some
   * labels and probabilities are written.
   */
  predict(
    rows: number,
    inputs: number,
    packed: boolean,
    normalized: boolean,
    epsilon: number,
    x: F32,
    workspace: F32,
    labels: Uint32Array,
    probabilities: F32,
    ...layers: readonly F32[]
  ): void
  packWeight(outputs: number, inputs: number, weight: F32, out: F32): void

  gather(pixels: Uint8Array, features: number, indices: Uint32Array, out: F32): void
}

type Call = (...args: unknown[]) => unknown

/** the addon answers a refused call with "CODE\nmessage" */
function throwing(call: Call): Call {
  return (...args) => {
    const result = call(...args)
    if (typeof result !== 'string') return result
    const end = result.indexOf('\n')
    throw new PalimpsestError(result.slice(0, end) as ErrorCode, result.slice(end + 1))
  }
}

/** Typed, and throwing: what an addon or its fallback exports. */
export function bind(exports: Exports): Native {
  const native = Object.fromEntries(Object.entries(exports).map(([name, call]) => [name, throwing(call)]))
  return native as unknown as Native
}

export const MOST_THREADS = 256

/** what PALIMPSEST_THREADS says, else the cores that this process may use */
export function defaultThreads(asked = ''): number {
  if (asked === '') return Math.min(availableParallelism(), MOST_THREADS)
  const count = Number(asked)
  if (!/^\d+$/.test(asked) || count < 1 || count > MOST_THREADS)
    throw new PalimpsestError(
      'INVALID_ARGUMENT',
      `PALIMPSEST_THREADS is '${asked}', expected a whole number from 1 to ${MOST_THREADS}`,
    )
  return count
}

export const native: Native = bind(load())
native.currentTable() // refuses an unsupported PALIMPSEST_ISA at once
native.setDefaultThreads(defaultThreads(process.env.PALIMPSEST_THREADS))
