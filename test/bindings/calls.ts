import type { Native } from '../../bindings/native.ts'
import { between, type Numbers, stream } from '../numbers.ts'

export type Dtype = 'Float32Array' | 'Float64Array' | 'Uint32Array' | 'Uint8Array'

export interface ArrayArgument {
  readonly kind: 'array'
  readonly name: string
  readonly dtype: Dtype
  /** the sizes whose product its length must be */
  readonly length: readonly string[]
  readonly role: 'input' | 'output'
  readonly optional?: true
  /** the size that every element must be below */
  readonly below?: string
  /** no other argument depends on its length */
  readonly anyLength?: true
}

export type Argument =
  | ArrayArgument
  | { readonly kind: 'size'; readonly name: string; readonly least: number; readonly below?: string }
  | {
      readonly kind: 'number'
      readonly name: string
      readonly low: number
      readonly high: number
      readonly bad: number[]
    }
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'text'; readonly name: string; readonly value: string }

/** What an export takes, in order. */
export interface Call {
  readonly takes: readonly Argument[]
  /** other choices of some arguments, by name */
  readonly variants?: readonly Readonly<Record<string, null | boolean | number>>[]
  /** inputs whose very memory the output may be */
  readonly inPlace?: readonly string[]
}

const size = (name: string, least = 1): Argument => ({ kind: 'size', name, least })
const flag = (name: string): Argument => ({ kind: 'flag', name })
const number = (name: string, low: number, high: number, ...bad: number[]): Argument => ({
  kind: 'number',
  name,
  low,
  high,
  bad: [...bad, NaN, Infinity, -Infinity, 1e39],
})
type More = Partial<Pick<ArrayArgument, 'dtype' | 'optional' | 'below' | 'anyLength'>>
const input = (name: string, length: string, more: More = {}): Argument => ({
  kind: 'array',
  name,
  dtype: 'Float32Array',
  length: length.split(' '),
  role: 'input',
  ...more,
})
const output = (name: string, length: string, more: More = {}): Argument => ({
  ...(input(name, length, more) as ArrayArgument),
  role: 'output',
})
const bytes = { dtype: 'Uint8Array' } as const
const words = { dtype: 'Uint32Array' } as const

const matmul = (a: string, b: string): Call => ({
  takes: [
    ...['m', 'n', 'k'].map((name) => size(name)),
    input('a', a),
    input('b', b),
    input('bias', 'n', { optional: true }),
    output('c', 'm n'),
    flag('accumulate'),
    flag('relu'),
  ],
  variants: [{}, { relu: true }, { bias: null }, { bias: null, relu: true }, { bias: null, accumulate: true }],
})

const binary: Call = { takes: [input('a', 'n'), input('b', 'n'), output('out', 'n')], inPlace: ['a', 'b'] }
const rowwise: Call = {
  takes: [size('rows'), size('classes'), input('logits', 'rows classes'), output('out', 'rows classes')],
}

const layer = (leastRows: number): Argument[] => [
  size('rows', leastRows),
  size('features'),
  input('x', 'rows features'),
  input('gamma', 'features'),
  input('beta', 'features'),
  number('epsilon', 1e-5, 1, 0, -1),
]
const evaluation: Call = {
  takes: [
    ...layer(1),
    input('runningMean', 'features'),
    input('runningVariance', 'features'),
    output('out', 'rows features'),
  ],
}
const normalizationGradient: Call = {
  takes: [
    ...layer(1),
    input('mean', 'features'),
    input('spread', 'features'),
    input('dY', 'rows features'),
    output('dX', 'rows features'),
    output('dGamma', 'features'),
    output('dBeta', 'features'),
  ],
}

const penalty = [
  number('lambda', 0, 2),
  input('precision', 'n', { optional: true }),
  input('anchor', 'n', { optional: true }),
]
const unpenalized = { precision: null, anchor: null }

/** The compiler refuses an export that is missing here, and with it from the tests. */
export const CALLS: Readonly<Record<keyof Native, Call>> = {
  tables: { takes: [] },
  currentTable: { takes: [] },
  selectTable: { takes: [{ kind: 'text', name: 'name', value: 'portable' }] },
  fmaPeak: { takes: [size('iterations'), output('sink', 'one')] },

  matmulNT: matmul('m k', 'n k'),
  matmulNN: matmul('m k', 'k n'),
  matmulTN: matmul('k m', 'k n'),

  add: binary,
  subtract: binary,
  multiply: binary,
  scale: {
    takes: [input('x', 'n'), { kind: 'number', name: 'factor', low: -2, high: 2, bad: [] }, output('out', 'n')],
    inPlace: ['x'],
    variants: [{}, { factor: NaN }, { factor: -Infinity }, { factor: 0 }],
  },
  addBias: {
    takes: [
      size('rows'),
      size('columns'),
      input('x', 'rows columns'),
      input('bias', 'columns'),
      output('out', 'rows columns'),
    ],
    inPlace: ['x'],
  },
  relu: { takes: [input('x', 'n'), output('out', 'n')], inPlace: ['x'] },
  reluGradient: { takes: [input('y', 'n'), input('dY', 'n'), output('dX', 'n')], inPlace: ['y', 'dY'] },

  sum: { takes: [input('x', 'n', { anyLength: true })] },
  rowSums: { takes: [size('rows'), size('columns'), input('x', 'rows columns'), output('out', 'rows')] },
  columnSums: { takes: [size('rows'), size('columns'), input('x', 'rows columns'), output('out', 'columns')] },
  argmax: { takes: [size('rows'), size('columns'), input('x', 'rows columns'), output('out', 'rows', words)] },
  countEqual: { takes: [input('predicted', 'n', { ...words, below: 'n' }), input('labels', 'n', bytes)] },

  softmax: rowwise,
  logSoftmax: rowwise,
  logSoftmaxGradient: {
    takes: [
      size('rows'),
      size('classes'),
      input('logP', 'rows classes'),
      input('dLogP', 'rows classes'),
      output('dLogits', 'rows classes'),
    ],
  },
  softmaxCrossEntropy: {
    takes: [
      size('rows'),
      size('classes'),
      input('logits', 'rows classes'),
      input('labels', 'rows', { ...bytes, below: 'classes' }),
      output('rowLoss', 'rows'),
      output('dLogits', 'rows classes'),
    ],
  },

  batchNormTraining: {
    takes: [
      ...layer(2),
      number('momentum', 0, 1, -0.1, 1.1),
      output('runningMean', 'features'),
      output('runningVariance', 'features'),
      output('mean', 'features'),
      output('inverseDeviation', 'features'),
      output('y', 'rows features'),
    ],
  },
  batchNormEvaluation: evaluation,
  batchNormNormalize: evaluation,
  batchNormTrainingGradient: normalizationGradient,
  batchNormEvaluationGradient: normalizationGradient,

  sgd: {
    takes: [
      output('theta', 'n'),
      input('dTheta', 'n'),
      output('velocity', 'n', { optional: true }),
      number('learningRate', 0, 1, -1),
      number('momentum', 0, 0.99, -0.1, 1),
      number('weightDecay', 0, 1, -1),
      ...penalty,
    ],
    variants: [{}, unpenalized, { velocity: null, momentum: 0 }, { ...unpenalized, velocity: null, momentum: 0 }],
  },
  adam: {
    takes: [
      output('theta', 'n'),
      input('dTheta', 'n'),
      output('firstMoment', 'n'),
      output('secondMoment', 'n'),
      number('learningRate', 0, 1, -1),
      number('beta1', 0, 0.99, -0.1, 1),
      number('beta2', 0, 0.99, -0.1, 1),
      number('epsilon', 0, 1, -1),
      number('correction1', 0.001, 1, 0, -1, 1.5),
      number('correction2', 0.001, 1, 0, -1, 1.5),
      ...penalty,
    ],
    variants: [{}, unpenalized],
  },

  accumulateSquare: { takes: [input('x', 'n'), output('out', 'n')] },
  accumulate: { takes: [input('x', 'n'), output('total', 'n', { dtype: 'Float64Array' })] },
  classSeed: {
    takes: [
      size('rows'),
      size('classes'),
      { kind: 'size', name: 'chosen', least: 0, below: 'classes' },
      input('probabilities', 'rows classes'),
      output('out', 'rows classes'),
    ],
  },
  quadraticSum: { takes: [input('theta', 'n'), input('anchor', 'n'), input('precision', 'n')] },
  mergeQuadratic: { takes: [input('theta', 'n'), input('f', 'n'), output('anchor', 'n'), output('precision', 'n')] },

  gather: {
    takes: [
      input('pixels', 'images features', bytes),
      size('features'),
      input('indices', 'rows', { ...words, below: 'images' }),
      output('out', 'rows features'),
    ],
  },
}

export const NAMES = Object.keys(CALLS) as (keyof Native)[]

const ARRAYS = { Float32Array, Float64Array, Uint32Array, Uint8Array } as const

export const makeArray = (dtype: Dtype, length: number): Numbers => new ARRAYS[dtype](length)

export type Sizes = Readonly<Record<string, number>>

/** every size that a call names or implies */
export function sizesOf(call: Call): string[] {
  const names = call.takes.flatMap((taken) => {
    if (taken.kind === 'array') return taken.length
    return taken.kind === 'size' && taken.below === undefined ? [taken.name] : []
  })
  return [...new Set(names)]
}

/** the least value of a size */
export const leastOf = (call: Call, name: string): number =>
  call.takes.find((taken) => taken.kind === 'size' && taken.name === name && taken.least > 1) ? 2 : 1

export const lengthOf = (argument: ArrayArgument, sizes: Sizes): number =>
  argument.length.reduce((product, name) => product * (name === 'one' ? 1 : (sizes[name] as number)), 1)

export type Filled = (next: () => number, length: number) => Float32Array

/** Arguments that the call accepts, by name, in order. */
export function draw(call: Call, sizes: Sizes, seed: number, floats: Filled): Map<string, unknown> {
  const next = stream(seed)
  const one = (taken: Argument): unknown => {
    if (taken.kind === 'size') return taken.below === undefined ? sizes[taken.name] : next() % (sizes[taken.below] ?? 1)
    if (taken.kind === 'number') return between(next, taken.low, taken.high)
    if (taken.kind === 'flag') return false
    if (taken.kind === 'text') return taken.value
    const array = makeArray(taken.dtype, lengthOf(taken, sizes))
    const limit = taken.below === undefined ? 256 : Math.min(256, sizes[taken.below] as number)
    if (taken.dtype === 'Float32Array' || taken.dtype === 'Float64Array') array.set(floats(next, array.length))
    else for (let index = 0; index < array.length; index++) array[index] = next() % limit
    return array
  }
  return new Map(call.takes.map((taken) => [taken.name, one(taken)]))
}
