import { native } from '../../bindings/native.ts'
import { Tape } from '../../src/autograd/tape.ts'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { subset } from '../../src/data/set.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import type { Difference } from '../speed/subject.ts'
import { type Material, SECOND } from './material.ts'
import { LOOP_SAMPLES, type Named } from './names.ts'

/** steps after which weights are compared */
const COMPARED_STEPS: readonly number[] = [1, 5]
/**
 * Of the allowance after 1 step, after 5: a sum that is rounded otherwise flips a ReLU at its kink, and Adam makes a
 * whole step of a gradient near 0. float32 beside float64, both PyTorch's, were 2e-3 apart on 784-1000-1000-10.
 */
const LATER = 100

type Parts = readonly Float32Array[]

/** Our result on the same material, a part a parameter: weights after 1 step and after 5, a Fisher, logits, a product. */
export function oursOf(named: Named, material: Material): Parts {
  switch (named.kind) {
    case 'step': {
      const model = material.model(named.net)
      const learner = new Learner(model, { optimizer: new Adam() })
      const last = Math.max(...COMPARED_STEPS)
      const { x, y } = batch(named.batch, material)
      return Array.from({ length: last }, (_, step) => {
        learner.step(x, y)
        return COMPARED_STEPS.includes(step + 1) ? model.parameters().map(({ data }) => data.slice()) : []
      }).flat()
    }
    case 'inference': {
      const model = material.model(named.net)
      const { x } = batch(named.batch, material)
      return new Tape().step((tape) => [model.forward(tape.input(x, [named.batch, model.inputs]), 'evaluation').read()])
    }
    case 'fisher': {
      const model = material.model(named.net)
      const set = named.loop ? subset(material.set, { to: Math.min(LOOP_SAMPLES, material.set.count) }) : material.set
      const fisher = fisherDiagonal(model, set, { estimator: named.estimator, random: Random.from(1) })
      return model.parameters().map((parameter) => fisher.get(parameter) as Float32Array)
    }
    case 'gemm': {
      const { m, n, k, form } = named
      const matmul = { nt: native.matmulNT, nn: native.matmulNN, tn: native.matmulTN }[form]
      const out = new Float32Array(m * n)
      matmul(m, n, k, material.operand(m * k, 0), material.operand(k * n, SECOND), null, out, false, false)
      return [out]
    }
  }
}

function batch(size: number, { rows, labels, set }: Material): { x: Float32Array; y: Uint8Array } {
  return { x: rows.slice(0, size * set.features), y: labels.slice(0, size) }
}

/**
 * How far theirs is from ours. For products, whose operands lie within 1/2, the largest difference, and K times the
 * epsilon of float32. Otherwise the largest over parts of the root of the sum of squared differences over that of
 * squares: 1e-3 for a Fisher, else 1e-4, and a hundredth of the difference after 5 steps. A result of another length, or with a NaN, is infinitely far.
 */
export function compare(named: Named, ours: Parts, theirs: Float32Array): Difference {
  const allowed = { gemm: named.kind === 'gemm' ? named.k * 2 ** -23 : 0, fisher: 1e-3, step: 1e-4, inference: 1e-4 }
  const whole = ours.reduce((sum, { length }) => sum + length, 0) === theirs.length
  const distance = named.kind === 'gemm' ? largestDifference : relativeDifference
  let at = 0
  const distances = ours.map((part, index) => {
    at += part.length
    const later = named.kind === 'step' && index >= ours.length / COMPARED_STEPS.length
    return distance(part, theirs.subarray(at - part.length, at)) / (later ? LATER : 1)
  })
  const most = whole ? Math.max(...distances) : Number.POSITIVE_INFINITY
  return { difference: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most, allowed: allowed[named.kind] }
}

const largestDifference = (ours: Float32Array, theirs: Float32Array): number =>
  ours.reduce((most, value, index) => Math.max(most, Math.abs(value - (theirs[index] as number))), 0)

function relativeDifference(ours: Float32Array, theirs: Float32Array): number {
  const differences = ours.reduce((sum, value, index) => sum + (value - (theirs[index] as number)) ** 2, 0)
  return Math.sqrt(differences / ours.reduce((sum, value) => sum + value ** 2, 0))
}
