import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Parameter } from '../tensor/parameter.ts'
import type { BufferPool } from '../tensor/pool.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { dependents, sweep } from './backward.ts'
import type { IntoSquared, Node, Power, Raise, Scratch } from './op.ts'

/** Sums over samples of squared gradients, or of their absolute values, in float64, a parameter each. */
export type SquaredTotals = ReadonlyMap<Parameter, Float64Array>

interface Powers {
  readonly raise: Raise
  /** out += x^2 or |x| */
  readonly add: Raise
}

const POWERS: Readonly<Record<Power, Powers>> = {
  squares: { raise: (x, out) => native.multiply(x, x, out), add: (x, out) => native.accumulateSquare(x, out) },
  magnitudes: {
    raise(x, out) {
      for (let i = 0; i < x.length; i++) out[i] = Math.abs(x[i] as number)
    },
    add(x, out) {
      for (let i = 0; i < x.length; i++) out[i] = (out[i] as number) + Math.abs(x[i] as number)
    },
  },
}

/** refuses a graph in which the rows of `output` have no gradients of their own */
export function checkRows(nodes: readonly Node[], output: Tensor, wanted: ReadonlySet<Tensor>): void {
  const seen = new Set<Tensor>()
  const needed = new Set<Tensor>([output])
  for (const node of nodes.toReversed()) {
    if (!needed.has(node.output) || !node.inputs.some((input) => wanted.has(input))) continue
    for (const input of node.inputs) needed.add(input)
    const shared = node.op.rows(node)
    if (shared === 'mixed')
      throw new PalimpsestError(
        'NO_SQUARED_GRADIENT',
        `${node.op.name} mixes samples: they have no gradients of their own`,
      )
    for (const input of node.inputs) {
      if (!wanted.has(input)) continue
      const isParameter = input instanceof Parameter
      if (isParameter !== shared.includes(input) || (isParameter && !node.op.squared))
        throw new PalimpsestError(
          'NO_SQUARED_GRADIENT',
          `${node.op.name} has no squared gradient for this use of its inputs`,
        )
      if (!isParameter) continue
      if (seen.has(input))
        throw new PalimpsestError(
          'PARAMETER_REUSED',
          `parameter '${input.name}' is used twice: squares of sums do not add up`,
        )
      seen.add(input)
    }
  }
}

/**
 * Adds to `totals`, for each of its parameters, the sum over samples and over `seeds` of the squared gradient. A seed is
 * d objective / d output, a row a sample; the sweep may change it. The squares of the gradients that arrive at a layer are first summed over the
 * seeds; then one product a layer with the squared input gives the sum over samples, for
 * (d_o x_i)^2 = d_o^2 x_i^2 (Goodfellow 2015, arXiv:1510.01799). So for absolute values, |d_o x_i| = |d_o| |x_i|.
 */
export function backwardSquared(
  nodes: readonly Node[],
  output: Tensor,
  seeds: Iterable<Float32Array>,
  totals: SquaredTotals,
  pool: BufferPool,
  power: Power = 'squares',
): void {
  const { raise, add } = POWERS[power]
  const wanted = dependents(nodes, totals.keys())
  checkRows(nodes, output, wanted)
  const squares = new Map<Node, Float32Array>()
  const scratch: Scratch = (length) => pool.take(length)
  const between = (input: Tensor) => wanted.has(input) && !(input instanceof Parameter)
  for (const seed of seeds) {
    if (seed.length !== output.size)
      throw new PalimpsestError('LENGTH', `a seed has ${seed.length} numbers, expected ${output.size}`)
    sweep(nodes, output, seed, pool, between, (node, dOutput, into) => {
      // where the sweep ends, what unfuse shuts off is shut off once, in the sum over the seeds
      const ends = !node.inputs.some(between)
      if (!ends) node.op.unfuse?.(node, dOutput)
      if (node.inputs.some((input) => input instanceof Parameter && wanted.has(input))) {
        const square = squares.get(node) ?? pool.take(dOutput.length).fill(0)
        squares.set(node, square)
        add(dOutput, square)
      }
      if (!ends) node.op.gradient(node, dOutput, into, scratch)
    })
  }
  const into: IntoSquared = (parameter, write) => {
    const total = totals.get(parameter)
    if (!total) return
    const sum = pool.take(parameter.size)
    write(sum)
    native.accumulate(sum, total)
    pool.give(sum)
  }
  for (const [node, square] of squares) {
    if (!node.inputs.some(between)) node.op.unfuse?.(node, square)
    node.op.squared?.(node, square, into, scratch, raise)
  }
}
