import { expect } from 'vitest'
import type { Si } from '../../src/continual/si.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import type { Learner } from '../../src/training/learner.ts'
import { blobs, inputsOf } from '../toy.ts'

export const sets = [1, 2, 3].map((seed) => blobs({ count: 20, features: 5, classes: 3, seed }))
export const make = (outputs = 3) => new Mlp([5, 6, outputs], { seed: 1, batchNorm: true })
export const sgd = () => new Sgd({ learningRate: 0.05, momentum: 0.5 })
export const steps = (learner: Learner, set = sets[0] as (typeof sets)[number], count = 5) => {
  for (let step = 0; step < count; step++) learner.step(inputsOf(set), set.labels)
}

export const heldOf = (si: Si, parameter: Parameter) => si.quadratic([parameter])?.of(parameter)

/** one parameter that goes where it is told, a gradient before each step */
export function walked(si: Si, start: readonly number[], path: readonly { gradient: number[]; to: number[] }[]) {
  const parameter = new Parameter('p', [start.length], Float32Array.from(start))
  walk(si, parameter, path)
  return parameter
}
export function walk(si: Si, parameter: Parameter, path: readonly { gradient: number[]; to: number[] }[]) {
  for (const { gradient, to } of path) {
    parameter.gradient.set(gradient)
    expect(si.addGradient([parameter])).toBe(0)
    expect(parameter.gradient).toEqual(Float32Array.from(gradient))
    parameter.data.set(to)
  }
}
