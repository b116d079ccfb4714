import { Random } from '../../src/tensor/random.ts'

/** A x = b by Gaussian elimination with partial pivoting, in float64: A [n, n], b [n], neither is changed. */
export function gauss(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length
  const m = a.map((row, i) => [...row, b[i]!])
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(m[i]![k]!) > Math.abs(m[pivot]![k]!)) pivot = i
    ;[m[k], m[pivot]] = [m[pivot]!, m[k]!]
    for (let i = k + 1; i < n; i++) {
      const factor = m[i]![k]! / m[k]![k]!
      for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!
    }
  }
  const x = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    let sum = m[i]![n]!
    for (let j = i + 1; j < n; j++) sum -= m[i]![j]! * x[j]!
    x[i] = sum / m[i]![i]!
  }
  return x
}

/** Samples around one centre a class, whose coordinates depend on each other: rows [count, inputs] and labels. */
export interface Cloud {
  readonly x: Float32Array
  readonly labels: number[]
}

export function cloud(count: number, inputs: number, labels: readonly number[], seed = 1): Cloud {
  const random = Random.from(seed, 'cloud')
  const uniform = () => 2 * random.uniform() - 1
  const centres = labels.map(() => Array.from({ length: inputs }, uniform))
  const mix = Array.from({ length: inputs }, () => Array.from({ length: inputs }, () => uniform() / Math.sqrt(inputs)))
  const x = new Float32Array(count * inputs)
  const chosen = Array.from({ length: count }, () => random.below(labels.length))
  chosen.forEach((c, row) => {
    const noise = Array.from({ length: inputs }, uniform)
    for (let i = 0; i < inputs; i++)
      x[row * inputs + i] = centres[c]![i]! + mix[i]!.reduce((sum, weight, j) => sum + weight * noise[j]!, 0)
  })
  return { x, labels: chosen.map((c) => labels[c]!) }
}

/** the rows of a cloud, as arrays */
export const rowsOf = (x: Float32Array, inputs: number): number[][] =>
  Array.from({ length: x.length / inputs }, (_, row) => [...x.subarray(row * inputs, (row + 1) * inputs)])

/** rows `from` to `to` of a cloud */
export const part = ({ x, labels }: Cloud, from: number, to: number): Cloud => {
  const inputs = x.length / labels.length
  return { x: x.slice(from * inputs, to * inputs), labels: labels.slice(from, to) }
}

/** the rows of a cloud in this order */
export const ordered = ({ x, labels }: Cloud, order: ArrayLike<number>): Cloud => {
  const inputs = x.length / labels.length
  const rows = Array.from(order)
  return {
    x: Float32Array.from(rows.flatMap((row) => [...x.subarray(row * inputs, (row + 1) * inputs)])),
    labels: rows.map((row) => labels[row]!),
  }
}
