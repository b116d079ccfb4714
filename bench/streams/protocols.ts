import type { Activation } from '../../src/nn/mlp.ts'

export const STREAMS = ['mnist-fashion', 'split-mnist', 'permuted-mnist', 'rotated-mnist'] as const
export type StreamName = (typeof STREAMS)[number]

/** van de Ven and Tolias 2019, arXiv:1904.07734: is the task known at test, unknown and irrelevant, or asked for? */
export const SCENARIOS = ['task', 'domain', 'class'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** Network, budget and optimizer, which a paper fixed; plain data, so that it crosses to a worker. */
export interface Protocol {
  readonly stream: StreamName
  readonly tasks: number
  /** those that the stream can be seen as; the first is the default */
  readonly scenarios: readonly Scenario[]
  /** units of the hidden layers */
  readonly hidden: readonly number[]
  readonly activation: Activation
  readonly batchSize: number
  /** a task's */
  readonly budget: { readonly epochs: number } | { readonly steps: number }
  /** of Adam, otherwise as its paper has it */
  readonly learningRate: number
  /** features of an image, with zeros around it */
  readonly padTo?: number
  /** whether the first of the permutations leaves images as they are */
  readonly firstPlain?: boolean
  /** where it is from */
  readonly source: string
}

const relu = 'relu'

export const PROTOCOL_NAMES = [
  'article',
  'van-de-ven-split',
  'kutalev',
  'van-de-ven-permuted',
  'ritter-50',
  'rotated-10',
] as const
export type ProtocolName = (typeof PROTOCOL_NAMES)[number]

/** By name; the first of a stream is its default. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  article: {
    stream: 'mnist-fashion',
    tasks: 2,
    scenarios: ['domain'],
    hidden: [100],
    activation: relu,
    batchSize: 100,
    budget: { epochs: 4 },
    learningRate: 1e-3,
    source: "the article's stream and budget, on a network of one hidden layer",
  },
  'van-de-ven-split': {
    stream: 'split-mnist',
    tasks: 5,
    scenarios: ['task', 'domain', 'class'],
    hidden: [400, 400],
    activation: relu,
    batchSize: 128,
    budget: { steps: 2000 },
    learningRate: 1e-3,
    source: 'van de Ven and Tolias 2019, arXiv:1904.07734',
  },
  kutalev: {
    stream: 'permuted-mnist',
    tasks: 10,
    scenarios: ['domain'],
    hidden: [300, 150],
    activation: 'leaky-relu',
    batchSize: 100,
    budget: { epochs: 6 },
    learningRate: 1e-3,
    firstPlain: true,
    source: 'Kutalev and Lapina 2021, arXiv:2109.10021, and its logs',
  },
  'van-de-ven-permuted': {
    stream: 'permuted-mnist',
    tasks: 10,
    scenarios: ['domain'],
    hidden: [1000, 1000],
    activation: relu,
    batchSize: 128,
    budget: { steps: 5000 },
    learningRate: 1e-4,
    padTo: 1024,
    source: 'van de Ven and Tolias 2018, arXiv:1809.10635',
  },
  'ritter-50': {
    stream: 'permuted-mnist',
    tasks: 50,
    scenarios: ['domain'],
    hidden: [100, 100],
    activation: relu,
    batchSize: 250,
    budget: { epochs: 4 },
    learningRate: 1e-3,
    source: 'Ritter, Botev and Barber 2018, arXiv:1805.07810 (tasks and network; the budget is ours)',
  },
  'rotated-10': {
    stream: 'rotated-mnist',
    tasks: 10,
    scenarios: ['domain'],
    hidden: [100, 100],
    activation: relu,
    batchSize: 100,
    budget: { epochs: 1 },
    learningRate: 1e-3,
    source: 'ours: 10 angles from 0 to 90 degrees, network of Lopez-Paz and Ranzato 2017, arXiv:1706.08840',
  },
}

export const protocolOf = (name: ProtocolName): Protocol => PROTOCOLS[name]

export const protocolsOf = (stream: StreamName): ProtocolName[] =>
  PROTOCOL_NAMES.filter((name) => PROTOCOLS[name].stream === stream)
