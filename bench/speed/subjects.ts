import { native } from '../../bindings/native.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import type { Subject } from './measure.ts'

export interface Gemm {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly form: 'nt' | 'nn' | 'tn'
  /** least share of the FMA peak, where one is promised */
  readonly target?: number
}

/** the products of the two benchmark networks' steps */
export const GEMMS: readonly Gemm[] = [
  { m: 100, n: 100, k: 784, form: 'nt', target: 0.75 },
  { m: 100, n: 784, k: 100, form: 'tn', target: 0.75 },
  { m: 256, n: 1000, k: 1000, form: 'nt', target: 0.75 },
  { m: 100, n: 10, k: 100, form: 'nt' },
  { m: 10, n: 100, k: 100, form: 'tn' },
  { m: 100, n: 100, k: 10, form: 'nn' },
]

export const flopsOf = ({ m, n, k }: Gemm): number => 2 * m * n * k
export const nameOf = ({ m, n, k, form }: Gemm): string => `gemm/${m}x${n}x${k}/${form}`

const uniform = (length: number, random: Random) => Float32Array.from({ length }, () => random.uniform() - 0.5)

export function gemmSubject(gemm: Gemm, table: string): Subject {
  const { m, n, k, form } = gemm
  const random = Random.from(1)
  const [a, b, c] = [uniform(m * k, random), uniform(k * n, random), new Float32Array(m * n)]
  const matmul = { nt: native.matmulNT, nn: native.matmulNN, tn: native.matmulTN }[form]
  return {
    name: `${nameOf(gemm)}/${table}`,
    every: everyOf(table),
    run() {
      native.selectTable(table)
      matmul(m, n, k, a, b, null, c, false, false)
    },
  }
}

const PEAK_ITERATIONS = 5_000
/** the portable table is exact and slow */
const everyOf = (table: string) => (table === 'portable' ? 20 : 1)

export function peakSubject(table: string): Subject {
  const sink = new Float32Array(1)
  return {
    name: `peak/${table}`,
    run() {
      native.selectTable(table)
      native.fmaPeak(PEAK_ITERATIONS, sink)
    },
  }
}

/** of one call of a peak subject; tables keep different numbers of chains */
export function peakFlops(table: string): number {
  native.selectTable(table)
  return native.fmaPeak(PEAK_ITERATIONS, new Float32Array(1))
}

export interface Step {
  readonly sizes: readonly number[]
  readonly batch: number
  readonly target: number
}

export const STEPS: readonly Step[] = [{ sizes: [784, 100, 10], batch: 100, target: 1.45 }]

/** forward and dW for every layer, dX for all but the first */
export function stepFlops({ sizes, batch }: Step): number {
  return sizes.slice(1).reduce((sum, size, layer) => {
    const products = layer === 0 ? 2 : 3
    return sum + products * 2 * batch * size * (sizes[layer] as number)
  }, 0)
}

export const stepName = ({ sizes, batch }: Step): string => `step/${sizes.join('-')}/${batch}/1`

/** one step through the public interface: a float32 batch that is ready, forward, backward, Adam */
export function stepSubject(step: Step, table: string): Subject {
  const { sizes, batch } = step
  const learner = new Learner(new Mlp(sizes, { seed: 1 }), { optimizer: new Adam() })
  const x = uniform(batch * (sizes[0] as number), Random.from(2))
  const y = Uint8Array.from({ length: batch }, (_, row) => row % (sizes.at(-1) as number))
  return {
    name: `${stepName(step)}/${table}`,
    every: everyOf(table),
    run() {
      native.selectTable(table)
      learner.step(x, y)
    },
  }
}
