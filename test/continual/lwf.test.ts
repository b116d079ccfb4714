import { describe, expect, it } from 'vitest'
import { Lwf } from '../../src/continual/lwf.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Learner } from '../../src/training/learner.ts'
import { differences, float64 } from '../nn/float64.ts'
import { largest, stateOf, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { makeModel, moved, set, task, termOf, written, x, y } from './distil.ts'

describe.each([
  { lambda: 1, temperature: 2 },
  { lambda: 0.5, temperature: 1 },
  { lambda: 3, temperature: 5 },
])('the term of Lwf, lambda $lambda, T $temperature', (options) => {
  it.each([false, true])('is the formula, with the gradient of its finite differences, BatchNorm %s', (batchNorm) => {
    const model = makeModel(batchNorm)
    const method = new Lwf(options)
    expect(termOf(method, model)).toBeNull()
    const old = float64(model).logits(x, 'evaluation')
    method.consolidate(task(model))
    moved(model)
    const plain = float64(model)
    const f = () => written(old, plain.logits(x, 'training'), options)
    const scale = options.lambda * options.temperature ** 2
    // logits of the order of 1 after 3 layers of 8 terms at most: 100 roundings of the scale
    expect(Math.abs((termOf(method, model) as number) - f())).toBeLessThan(100 * UNIT_ROUNDOFF * scale)
    for (const parameter of model.parameters()) {
      const slopes = differences(plain.values.get(parameter) as Float64Array, f)
      expect(worst(parameter.gradient, slopes, () => 200 * UNIT_ROUNDOFF * scale)).toBeLessThan(1)
      expect(largest(slopes)).toBeGreaterThan(1e-3)
    }
  })
})

describe('Lwf', () => {
  it('is a number by hand: logits ln 9 and 0 before, 0 and 0 now', () => {
    const model = new Mlp([6, 2])
    const [weight, bias] = model.parameters()
    weight?.data.fill(0)
    bias?.data.set([Math.log(9), 0])
    const method = new Lwf({ lambda: 2, temperature: 2 })
    method.consolidate({ ...task(model), set: { ...set, classes: 2 } })
    bias?.data.fill(0)
    // q = (3, 1) / 4 and p = (1, 1) / 2: 2 * 4 * ln 2, whose gradient is 2 * 2 * (p - q) = (-1, 1)
    expect(termOf(method, model)).toBeCloseTo(8 * Math.LN2, 5)
    expect([...(bias?.gradient ?? [])].map((value) => Number(value.toFixed(5)))).toEqual([-1, 1])
  })

  it('does not pull where nothing moved, and leaves the model bit for bit as it is', () => {
    const model = makeModel()
    const method = new Lwf()
    method.consolidate(task(model))
    termOf(method, model)
    expect(Math.max(...model.parameters().map(({ gradient }) => largest(gradient)))).toBeLessThan(1e-6)
    const norms = moved(makeModel(true))
    const other = new Lwf()
    other.consolidate(task(norms))
    moved(norms)
    const bits = [...norms.parameters().map(({ data }) => data.slice())]
    termOf(other, norms)
    expect(norms.parameters().map(({ data }) => data)).toEqual(bits)
  })

  it('leaves the model as it is when the forward pass throws', () => {
    const model = makeModel(true)
    const method = new Lwf()
    method.consolidate(task(model))
    moved(model)
    const before = stateOf(model)
    const parameters = model.parameters()
    let seen = ''
    const failing: Classifier = {
      ...{ inputs: 6, outputs: 4, seed: 0, parameters: () => parameters },
      forward(input, mode) {
        if (mode === 'training') return model.forward(input, mode)
        seen = stateOf(model)
        throw new Error('no')
      },
    }
    const half = new Lwf()
    half.consolidate(task(failing))
    moved(model)
    const now = stateOf(model)
    expect(() => termOf(half, failing)).toThrow('no')
    // the old weights were in place when it threw
    expect(seen).not.toBe(now)
    expect(stateOf(model)).toBe(now)
    expect(now).not.toBe(before)
  })

  it('remembers the last consolidation, whatever the model became since', () => {
    const model = makeModel(true)
    const method = new Lwf()
    method.consolidate(task(model))
    moved(model)
    const old = float64(model).logits(x, 'evaluation')
    method.consolidate(task(model))
    expect(method.tasks).toBe(2)
    moved(model)
    const expected = written(old, float64(model).logits(x, 'training'), {})
    expect(termOf(method, model)).toBeCloseTo(expected, 4)
  })

  it('does not look at labels', () => {
    const model = makeModel()
    const method = new Lwf()
    method.consolidate(task(model))
    moved(model)
    expect(termOf(method, model, new Uint8Array(11))).toBe(termOf(method, model))
  })

  it('adds to the loss of a learner: a step of Sgd goes down both slopes', () => {
    const step = (method: Lwf | null) => {
      const model = makeModel()
      const learner = new Learner(model, { optimizer: new Sgd({ learningRate: 0.5 }), method })
      learner.consolidate(set)
      moved(model)
      const term = method ? termOf(method, model) : 0
      const slopes = model.parameters().map(({ gradient }) => gradient.slice())
      learner.step(x, y)
      return { model, term, slopes, penalty: learner.penalty }
    }
    const [plain, both] = [step(null), step(new Lwf())]
    expect(both.penalty).toBe(both.term)
    plain.model.parameters().forEach(({ data }, p) => {
      const expected = data.map((value, i) => value - 0.5 * (both.slopes[p]?.[i] as number))
      const found = both.model.parameters()[p]?.data as Float32Array
      expect(worst(found, expected, () => 20 * UNIT_ROUNDOFF)).toBeLessThan(1)
    })
  })
})
