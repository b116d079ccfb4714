export type Form = 'nt' | 'nn' | 'tn'

/** A product C[M, N] = A B, in one of the forms of `native/kernels.h`. */
export interface Shape {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly form: Form
  /** counts in the geometric means over libraries */
  readonly compared: boolean
  /** least share of the FMA peak that a table promises */
  readonly targets: Readonly<Partial<Record<'avx2' | 'avx512', number>>>
  /** least GF/s of the fastest table, where a product is so small that memory bounds it */
  readonly rate?: number
}

const shape = (m: number, n: number, k: number, form: Form, rest: Partial<Shape> = {}): Shape => ({
  m,
  n,
  k,
  form,
  compared: false,
  targets: {},
  ...rest,
})

const both = { avx2: 0.85, avx512: 0.93 }
const wide = { avx512: 0.92 }
const cubed = { avx512: 0.86 }

/** The products of both benchmark networks' steps, one row, squares, and a whole training set. */
export const SHAPES: readonly Shape[] = [
  shape(100, 100, 784, 'nt', { compared: true, targets: both }),
  shape(100, 100, 784, 'nn', { compared: true }),
  shape(100, 784, 100, 'tn', { compared: true, targets: both }),
  shape(100, 10, 100, 'nt', { compared: true, targets: { avx512: 0.62 } }),
  shape(10, 100, 100, 'tn', { compared: true }),
  shape(100, 100, 10, 'nn'),
  shape(256, 1000, 784, 'nt', { compared: true, targets: wide }),
  shape(256, 784, 1000, 'nn', { targets: wide }),
  shape(1000, 784, 256, 'tn', { targets: wide }),
  shape(256, 1000, 1000, 'nt', { targets: wide }),
  shape(256, 1000, 1000, 'nn', { compared: true, targets: wide }),
  shape(1000, 1000, 256, 'tn', { compared: true, targets: wide }),
  shape(1, 100, 784, 'nt', { compared: true, rate: 50 }),
  shape(1024, 1024, 1024, 'nt', { targets: cubed }),
  shape(1024, 1024, 1024, 'nn', { compared: true, targets: cubed }),
  shape(1024, 1024, 1024, 'tn', { targets: cubed }),
  shape(60_000, 100, 784, 'nt', { compared: true }),
]

export const flopsOf = ({ m, n, k }: Pick<Shape, 'm' | 'n' | 'k'>): number => 2 * m * n * k
export const nameOf = ({ m, n, k, form }: Pick<Shape, 'm' | 'n' | 'k' | 'form'>): string =>
  `gemm/${m}x${n}x${k}/${form}`
