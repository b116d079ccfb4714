import type { Mlp } from '../../src/nn/mlp.ts'
import type { Mode } from '../../src/nn/module.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'

type Rows = readonly (readonly number[])[]

/** An Mlp written down plainly in float64: dense loops, BatchNorm as Ioffe and Szegedy 2015 has it. */
export interface Float64Mlp {
  /** copies, which a test may change, and which `logits` reads */
  readonly values: ReadonlyMap<Parameter, Float64Array>
  logits(x: ArrayLike<number>, mode: Mode): Rows
  /** log softmax of the logits */
  logP(x: ArrayLike<number>, mode: Mode): Rows
}

/** @param slope - of the activation below 0 */
export function float64(model: Mlp, slope = 0): Float64Mlp {
  const parameters = model.parameters()
  const values = new Map(parameters.map((parameter) => [parameter, Float64Array.from(parameter.data)]))
  const valuesOf = (parameter: Parameter) => values.get(parameter) as Float64Array
  const weights = parameters.filter(({ shape }) => shape.length === 2)

  const logits = (x: ArrayLike<number>, mode: Mode): Rows => {
    let rows: Rows = Array.from({ length: x.length / model.inputs }, (_, row) =>
      Array.from({ length: model.inputs }, (_, i) => x[row * model.inputs + i] as number),
    )
    weights.forEach((weight, layer) => {
      const bias = valuesOf(parameters[parameters.indexOf(weight) + 1] as Parameter)
      rows = rows.map((row) => dense(row, valuesOf(weight), bias))
      if (layer === weights.length - 1) return
      rows = rows.map((row) => row.map((value) => Math.max(value, slope * value)))
      const norm = model.norms[layer]
      if (!norm) return
      const running = mode === 'evaluation' || norm.frozen
      const statistics = running ? columnsOf(norm.runningMean, norm.runningVariance) : moments(rows)
      rows = normalize(rows, statistics, valuesOf(norm.gamma), valuesOf(norm.beta))
    })
    return rows
  }
  return { values, logits, logP: (x, mode) => logits(x, mode).map(logSoftmax) }
}

const dense = (row: readonly number[], weight: Float64Array, bias: Float64Array): number[] =>
  Array.from(bias, (start, o) => row.reduce((sum, x, i) => sum + x * (weight[o * row.length + i] as number), start))

export function logSoftmax(row: readonly number[]): number[] {
  const most = Math.max(...row)
  const total = most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0))
  return row.map((value) => value - total)
}

export interface Moments {
  readonly mean: number
  /** over B */
  readonly variance: number
}

/** of every column */
export const moments = (rows: Rows): Moments[] =>
  (rows[0] ?? []).map((_, column) => {
    const values = rows.map((row) => row[column] as number)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length }
  })

const columnsOf = (mean: Float32Array, variance: Float32Array): Moments[] =>
  Array.from(mean, (value, column) => ({ mean: value, variance: variance[column] as number }))

const normalize = (rows: Rows, statistics: readonly Moments[], gamma: Float64Array, beta: Float64Array): Rows =>
  rows.map((row) =>
    row.map((value, column) => {
      const { mean, variance } = statistics[column] as Moments
      return (gamma[column] as number) * ((value - mean) / Math.sqrt(variance + 1e-5)) + (beta[column] as number)
    }),
  )

/**
 * d f / d values by central differences in float64, f a function of `values`: the error is about h^2 |f'''| / 6 of
 * truncation plus 1e-16 |f| / h of rounding, 1e-10 for functions of the order of 1.
 */
export function differences(values: Float64Array, f: () => number, h = 1e-6): Float64Array {
  return values.map((value, i) => {
    values[i] = value + h
    const above = f()
    values[i] = value - h
    const below = f()
    values[i] = value
    return (above - below) / (2 * h)
  })
}
