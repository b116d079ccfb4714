// The operations once more, in float64, as their definitions read: no blocking, no fusing, nothing shared with src/.

/** Numbers of a tensor, row-major, in float64. */
export type Numbers64 = Float64Array

const at = (array: ArrayLike<number>, index: number): number => array[index] as number

export function total(count: number, term: (index: number) => number): number {
  let sum = 0
  for (let index = 0; index < count; index++) sum += term(index)
  return sum
}

const each = (x: Numbers64, f: (value: number, index: number) => number): Numbers64 => x.map(f)

const matrix = (rows: number, columns: number, element: (row: number, column: number) => number): Numbers64 =>
  Float64Array.from({ length: rows * columns }, (_, i) => element(Math.floor(i / columns), i % columns))

/** a [m, k] times b [k, n] */
export const matmul = (m: number, k: number, n: number, a: Numbers64, b: Numbers64): Numbers64 =>
  matrix(m, n, (row, column) => total(k, (i) => at(a, row * k + i) * at(b, i * n + column)))

/** x [batch, inputs] times the transpose of weight [outputs, inputs], plus bias [outputs] */
export const linear = (
  [batch, inputs, outputs]: readonly [number, number, number],
  x: Numbers64,
  weight: Numbers64,
  bias: Numbers64,
): Numbers64 =>
  matrix(
    batch,
    outputs,
    (b, o) => at(bias, o) + total(inputs, (i) => at(x, b * inputs + i) * at(weight, o * inputs + i)),
  )

export const add = (a: Numbers64, b: Numbers64): Numbers64 => each(a, (value, i) => value + at(b, i))
export const addBias = (a: Numbers64, b: Numbers64): Numbers64 => each(a, (value, i) => value + at(b, i % b.length))
export const sub = (a: Numbers64, b: Numbers64): Numbers64 => each(a, (value, i) => value - at(b, i))
export const mul = (a: Numbers64, b: Numbers64): Numbers64 => each(a, (value, i) => value * at(b, i))
export const scale = (x: Numbers64, factor: number): Numbers64 => each(x, (value) => value * factor)
export const square = (x: Numbers64): Numbers64 => each(x, (value) => value * value)
export const relu = (x: Numbers64): Numbers64 => each(x, (value) => Math.max(value, 0))
/** the columns from `from` to `to` of x [rows, width] */
export const columns = (width: number, from: number, to: number, x: Numbers64): Numbers64 =>
  x.filter((_, i) => i % width >= from && i % width < to)
export const sum = (x: Numbers64): Numbers64 => Float64Array.of(total(x.length, (i) => at(x, i)))
export const mean = (x: Numbers64): Numbers64 => each(sum(x), (value) => value / x.length)

/** log softmax of every row: the largest is subtracted, so that nothing overflows */
export function logSoftmax(batch: number, classes: number, logits: Numbers64): Numbers64 {
  return matrix(batch, classes, (row, column) => {
    const own = logits.subarray(row * classes, (row + 1) * classes)
    const largest = Math.max(...own)
    return at(own, column) - largest - Math.log(total(classes, (i) => Math.exp(at(own, i) - largest)))
  })
}

export function softmaxCrossEntropy(classes: number, logits: Numbers64, labels: Uint8Array): Numbers64 {
  const logP = logSoftmax(labels.length, classes, logits)
  return Float64Array.of(-total(labels.length, (row) => at(logP, row * classes + at(labels, row))) / labels.length)
}

/** mean and biased variance of every column */
export function columnMoments(batch: number, features: number, x: Numbers64): { mean: Numbers64; variance: Numbers64 } {
  const mean = matrix(1, features, (_, j) => total(batch, (b) => at(x, b * features + j)) / batch)
  const variance = matrix(
    1,
    features,
    (_, j) => total(batch, (b) => (at(x, b * features + j) - at(mean, j)) ** 2) / batch,
  )
  return { mean, variance }
}

/** gamma (x - mean) / sqrt(variance + epsilon) + beta */
export const batchNorm = (
  x: Numbers64,
  gamma: Numbers64,
  beta: Numbers64,
  { mean, variance }: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
  epsilon: number,
): Numbers64 =>
  each(x, (value, i) => {
    const j = i % gamma.length
    return (at(gamma, j) * (value - at(mean, j))) / Math.sqrt(at(variance, j) + epsilon) + at(beta, j)
  })
