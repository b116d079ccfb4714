import { PalimpsestError } from '../../bindings/errors.ts'
import { Parameter } from '../tensor/parameter.ts'
import type { BufferPool } from '../tensor/pool.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { dependents, sweep } from './backward.ts'
import type { Node } from './op.ts'
import { checkRows } from './squared.ts'

/** Sees an operation with parameters, and the gradients that arrive at it, a row a sample, what is fused undone. */
export type VisitRows = (node: Node, dOutput: Float32Array) => void

/**
 * Sends each seed backward, d objective / d output with a row a sample, and shows `visit` what arrives at every operation
 * that has some of the parameters: gradients that are not yet summed over the samples. Refuses what `backwardSquared` does.
 */
export function backwardRows(
  nodes: readonly Node[],
  output: Tensor,
  seeds: Iterable<Float32Array>,
  parameters: readonly Parameter[],
  pool: BufferPool,
  visit: VisitRows,
): void {
  const wanted = dependents(nodes, parameters)
  checkRows(nodes, output, wanted)
  const between = (input: Tensor) => wanted.has(input) && !(input instanceof Parameter)
  for (const seed of seeds) {
    if (seed.length !== output.size)
      throw new PalimpsestError('LENGTH', `a seed has ${seed.length} numbers, expected ${output.size}`)
    sweep(nodes, output, seed, pool, between, (node, dOutput, into) => {
      node.op.unfuse?.(node, dOutput)
      if (node.inputs.some((input) => input instanceof Parameter && wanted.has(input))) visit(node, dOutput)
      if (node.inputs.some(between)) node.op.gradient(node, dOutput, into, (length) => pool.take(length))
    })
  }
}
