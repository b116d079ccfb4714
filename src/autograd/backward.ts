import { native } from '../../bindings/native.ts'
import { Parameter } from '../tensor/parameter.ts'
import type { BufferPool } from '../tensor/pool.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Into, Node } from './op.ts'

/** every tensor on the way from a wanted parameter to an output */
export function dependents(nodes: readonly Node[], parameters: Iterable<Tensor>): Set<Tensor> {
  const wanted = new Set(parameters)
  for (const { inputs, output } of nodes) if (inputs.some((input) => wanted.has(input))) wanted.add(output)
  return wanted
}

/** One sweep from the last node to the first; gradients of tensors live until their node was visited. */
export function sweep(
  nodes: readonly Node[],
  start: Tensor,
  seed: Float32Array,
  pool: BufferPool,
  wants: (input: Tensor) => boolean,
  visit: (node: Node, dOutput: Float32Array, into: Into) => void,
): Map<Tensor, Float32Array> {
  const gradients = new Map<Tensor, Float32Array>([[start, seed]])
  const into: Into = (input, write) => {
    if (!wants(input)) return
    const sum = gradients.get(input)
    const fresh = !sum && input instanceof Parameter ? input.gradient : pool.take(input.size)
    write(fresh)
    if (sum) {
      native.add(sum, fresh, sum)
      pool.give(fresh)
    } else gradients.set(input, fresh)
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node
    const dOutput = gradients.get(node.output)
    if (!dOutput) continue
    visit(node, dOutput, into)
    gradients.delete(node.output)
    pool.give(dOutput)
  }
  return gradients
}

/** Writes d loss / d parameter into the `gradient` of each parameter; 0 where the loss does not depend on it. */
export function backward(
  nodes: readonly Node[],
  loss: Tensor,
  parameters: readonly Parameter[],
  pool: BufferPool,
): void {
  const wanted = dependents(nodes, parameters)
  const seed = loss instanceof Parameter && wanted.has(loss) ? loss.gradient : pool.take(1)
  seed.fill(1)
  const reached = sweep(
    nodes,
    loss,
    seed,
    pool,
    (input) => wanted.has(input),
    (node, dOutput, into) => {
      node.op.unfuse?.(node, dOutput)
      node.op.gradient(node, dOutput, into, (length) => pool.take(length))
    },
  )
  for (const parameter of parameters) if (!reached.has(parameter)) parameter.gradient.fill(0)
}
