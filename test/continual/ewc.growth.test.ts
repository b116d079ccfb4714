import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier, Mode } from '../../src/nn/module.ts'
import { add } from '../../src/ops/add.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import type { Matrix } from '../../src/tensor/shape.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, codeOf, drain, hashOf, stateOf, thrown } from '../toy.ts'

const set = blobs({ features: 5, classes: 3 })

/** A model that later gets one more parameter: a shift of its logits. */
class Growing implements Classifier {
  readonly inputs = 5
  readonly outputs = 3
  readonly seed = 1
  readonly core = new Mlp([5, 6, 3], { seed: 1 })
  shift: Parameter<readonly [number]> | null = null

  grow(): Parameter {
    this.shift = new Parameter('shift', [3], new Float32Array(3))
    return this.shift
  }

  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    const logits = this.core.forward(x, mode)
    return this.shift ? add(logits, this.shift) : logits
  }

  parameters(): readonly Parameter[] {
    return this.shift ? [...this.core.parameters(), this.shift] : this.core.parameters()
  }
}

const warnings: (Error & { code?: string })[] = []
const hear = (warning: Error): void => {
  warnings.push(warning)
}
beforeEach(() => {
  warnings.length = 0
  process.on('warning', hear)
})
afterEach(() => {
  process.off('warning', hear)
})

describe('a parameter that is added after a consolidation', () => {
  it('is free, which one warning says, until the next consolidation takes it in', async () => {
    const model = new Growing()
    const ewc = new Ewc({ lambda: 1 })
    const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }), method: ewc })
    await drain(learner.fit(set, { epochs: 3, batchSize: 10 }))
    learner.consolidate(set)
    await drain(learner.fit(set, { batchSize: 10 }))
    await setImmediate()
    expect(warnings).toEqual([])

    const shift = model.grow()
    await drain(learner.fit(set, { epochs: 2, batchSize: 10 }))
    await setImmediate()
    expect(warnings.map(({ name, code, message }) => [name, code, message])).toEqual([
      ['PalimpsestWarning', 'PARAMETER_UNPROTECTED', 'ewc does not protect shift: added after the last consolidation'],
    ])
    expect(ewc.quadratic(model.parameters())?.of(shift)).toBeUndefined()
    const penalty = ewc.penalty(model.parameters())
    const moved = shift.data.slice()
    shift.data.fill(100)
    expect(ewc.penalty(model.parameters())).toBe(penalty)
    shift.data.set(moved)

    learner.consolidate(set)
    const share = ewc.quadratic(model.parameters())?.of(shift)
    expect(share?.anchor).toEqual(moved)
    expect(share?.precision.every((value) => value > 0)).toBe(true)
    const before = ewc.penalty(model.parameters()) as number
    shift.data[0] = 100
    expect(ewc.penalty(model.parameters())).toBeGreaterThan(before + 1)
    await setImmediate()
    expect(warnings).toHaveLength(1)
  })

  it('is warned of once a consolidation, whoever asks', async () => {
    const made = (name: string) => new Parameter(name, [2], Float32Array.of(1, 2))
    const [one, two, three] = [made('one'), made('two'), made('three')]
    const ewc = new Ewc({ lambda: 1 })
    const fisherOf = (...parameters: Parameter[]) =>
      new Map(parameters.map((parameter) => [parameter, Float32Array.of(1, 1)]))
    ewc.add(fisherOf(one))
    for (let i = 0; i < 3; i++) ewc.penalty([one, two, three])
    ewc.add(fisherOf(one, two))
    for (let i = 0; i < 3; i++) ewc.quadratic([one, two, three])
    ewc.add(fisherOf(one, two, three))
    ewc.quadratic([one, two, three])
    await setImmediate()
    expect(warnings.map(({ message }) => message)).toEqual([
      'ewc does not protect two, three: added after the last consolidation',
      'ewc does not protect three: added after the last consolidation',
    ])
  })
})

describe("another model's parameters", () => {
  it('have no penalty, which is an error and not 0, and the model stays as it was', async () => {
    const ewc = new Ewc({ lambda: 1 })
    const first = new Mlp([5, 6, 3], { batchNorm: true })
    new Learner(first, { optimizer: new Sgd({ learningRate: 0.1 }), method: ewc }).consolidate(set)
    const other = new Mlp([5, 6, 3], { batchNorm: true })
    const learner = new Learner(other, { optimizer: new Sgd({ learningRate: 0.1 }), method: ewc })
    const before = stateOf(other)
    expect(thrown(() => ewc.penalty(other.parameters())).message).toContain('layers.0.weight')
    expect(codeOf(() => ewc.quadratic(other.parameters()))).toBe('PENALTY_POWERLESS')
    expect(codeOf(() => learner.step(new Float32Array(10), new Uint8Array(2)))).toBe('PENALTY_POWERLESS')
    await expect(drain(learner.fit(set))).rejects.toMatchObject({ code: 'PENALTY_POWERLESS' })
    expect(stateOf(other)).toBe(before)
    expect(hashOf(first.parameters().map(({ data }) => data))).toBe(hashOf(other.parameters().map(({ data }) => data)))
  })
})
