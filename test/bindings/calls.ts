import type { Native } from '../../bindings/native.ts'
import { type Argument, bytes, type Call, doubles, flag, input, number, output, size, words } from './arguments.ts'

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
  threads: { takes: [] },
  setThreads: { takes: [size('count')] },
  setDefaultThreads: { takes: [size('count')] },
  forkJoins: { takes: [] },
  fmaPeak: { takes: [size('iterations'), output('sink', 'one')] },

  largePages: { takes: [input('bytes', 'n', { ...bytes, anyLength: true })] },
  toBoundary: { takes: [input('x', 'n', { anyLength: true })] },

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
  allFinite: { takes: [input('x', 'n', { anyLength: true })] },
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
  accumulate: { takes: [input('x', 'n'), output('total', 'n', doubles)] },
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

  cholesky: {
    takes: [size('n'), input('least', 'n', doubles), output('a', 'n n', doubles)],
  },
  choleskySolve: {
    takes: [size('n'), size('rows'), input('factor', 'n n', doubles), output('b', 'rows n', doubles)],
  },

  predict: {
    takes: [
      size('rows'),
      size('inputs'),
      flag('packed'),
      { kind: 'flag', name: 'normalized', value: true },
      number('epsilon', 1e-5, 1, 0, -1),
      input('x', 'rows inputs'),
      // at least 2 numbers for each output of the widest layer
      output('workspace', 'two hidden classes', { anyLength: true }),
      output('labels', 'rows', words),
      output('probabilities', 'rows classes'),
      input('weight', 'hidden inputs'),
      ...['bias', 'gamma', 'beta', 'runningMean'].map((name) => input(name, 'hidden')),
      input('runningVariance', 'hidden', { positive: true }),
      input('lastWeight', 'classes hidden'),
      input('lastBias', 'classes'),
    ],
    variants: [{}, { packed: true }],
    variadic: true,
  },
  packWeight: {
    takes: [size('outputs'), size('inputs'), input('weight', 'outputs inputs'), output('out', 'outputs inputs')],
  },

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
