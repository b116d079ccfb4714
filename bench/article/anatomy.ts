import { Tape } from '../../src/autograd/tape.ts'
import { type Diagonal, fisherDiagonal } from '../../src/continual/fisher.ts'
import { batches } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import { linear } from '../../src/ops/linear.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import type { Matrix, Vector } from '../../src/tensor/shape.ts'
import { evaluate } from '../../src/training/evaluate.ts'
import { type Bin, movementBins } from './movement.ts'
import type { Sets } from './run.ts'

/** Shares of images on which each unit of the first hidden layer is not 0, to four decimals; 0 only for none. */
export interface Firing {
  /** MNIST's training images, after MNIST; a unit with 0 here is silent on the first task */
  readonly before: readonly number[]
  /** test images, after both tasks */
  readonly mnist: readonly number[]
  readonly fashion: readonly number[]
}

/** What the second task did to the parameters that the first one left. */
export interface Anatomy {
  /** how far parameters moved, by their Fisher */
  readonly movement: readonly Bin[]
  /** half the sum of F (theta - anchor)^2 over all parameters, without lambda: about the nats that moving cost MNIST */
  readonly cost: number
  readonly firing: Firing
  /** accuracy on MNIST's test images when the units that were silent before are switched off */
  readonly withoutSilent: number
  /** too large for the JSON */
  readonly pictures?: Pictures
}

/** Of the first layer, row-major: a pixel, or a unit's pixel. */
export interface Pictures {
  /** mean of MNIST's training images, 0 to 1 */
  readonly image: Float32Array
  /** [unit, pixel] the exact Fisher after MNIST, without a floor */
  readonly fisher: Float32Array
  /** [unit, pixel] |theta - anchor| after both tasks */
  readonly moved: Float32Array
}

/** Call it when the first task has been learnt; what it returns, when the second has. Changes nothing. */
export function dissect(model: Mlp, { mnist, fashion }: Sets): () => Anatomy {
  const random = Random.from(model.seed, 'anatomy')
  const fisher: Diagonal = fisherDiagonal(model, mnist.train, { estimator: 'exact', random })
  const anchors = new Map([...fisher.keys()].map((parameter) => [parameter, parameter.data.slice()]))
  const before = firing(model, mnist.train)

  return () => {
    const moves = [...fisher].map(([parameter, f]) => {
      const anchor = anchors.get(parameter) as Float32Array
      return { fisher: f, moved: parameter.data.map((value, i) => Math.abs(value - (anchor[i] as number))) }
    })
    const cost = moves.reduce(
      (sum, { fisher, moved }) => sum + fisher.reduce((s, f, i) => s + (f * square(moved[i])) / 2, 0),
      0,
    )
    const after = { mnist: firing(model, mnist.test), fashion: firing(model, fashion.test) }
    const silent = before.flatMap((share, unit) => (share === 0 ? [unit] : []))
    const [first] = moves
    const pictures = first && { image: meanImage(mnist.train), ...first }
    return {
      movement: movementBins(moves),
      cost,
      firing: { before, ...after },
      withoutSilent: accuracyWithout(model, silent, mnist.test),
      ...(pictures && { pictures }),
    }
  }
}

const square = (value = 0) => value * value

function firing(model: Mlp, set: LabelledSet): number[] {
  const [weight, bias] = model.parameters() as [Parameter<Matrix>, Parameter<Vector>]
  const counts = new Array<number>(bias.size).fill(0)
  const tape = new Tape()
  for (const { x, y } of batches(set, { size: 1000, reuse: true }))
    tape.step(() => {
      const hidden = linear(tape.input(x, [y.length, set.features]), weight, bias, { relu: true }).read()
      hidden.forEach((value, i) => {
        if (value > 0) (counts[i % counts.length] as number)++
      })
    })
  return counts.map((count) => (count === 0 ? 0 : Math.max(Number((count / set.count).toFixed(4)), 0.0001)))
}

/** nothing leaves the units while it looks; the model is then as it was */
function accuracyWithout(model: Mlp, units: readonly number[], set: LabelledSet): number {
  const [, , outgoing] = model.parameters() as [Parameter, Parameter, Parameter<Matrix>]
  const kept = outgoing.data.slice()
  const [, width] = outgoing.shape
  for (const unit of units) for (let at = unit; at < kept.length; at += width) outgoing.data[at] = 0
  const { accuracy } = evaluate(model, new Tape(), set)
  outgoing.data.set(kept)
  return accuracy
}

function meanImage({ inputs, count, features }: LabelledSet): Float32Array {
  const sums = new Float64Array(features)
  inputs.forEach((byte, i) => {
    sums[i % features] = (sums[i % features] as number) + byte
  })
  return Float32Array.from(sums, (sum) => sum / count / 255)
}
