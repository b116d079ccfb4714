import { describe, expect, it } from 'vitest'
import { kroneckerFactors } from '../../src/continual/factors.ts'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { type Batch, batches } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { add } from '../../src/ops/add.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { float64 } from '../nn/float64.ts'
import { refusal } from '../refusal.ts'
import { blobs, inputsOf, largest, stateOf, UNIT_ROUNDOFF, watched, worst } from '../toy.ts'
import { factorsError, loopFactors } from './kronecker.ts'
import { lived } from './loop.ts'

const random = () => Random.from(1)

describe.each([
  { sizes: [6, 4], batchNorm: false },
  { sizes: [6, 7, 5, 4], batchNorm: false },
  { sizes: [6, 7, 5, 4], batchNorm: true },
])('factors of $sizes, BatchNorm $batchNorm', ({ sizes, batchNorm }) => {
  const make = () => lived(new Mlp(sizes, { seed: 2, batchNorm }))

  // one chunk is 400 samples
  it.each([1, 7, 405])('are the loop over single samples and classes: %i samples', (count) => {
    const model = make()
    const set = blobs({ count, features: 6, classes: 4 })
    const before = stateOf(model)
    const found = kroneckerFactors(model, set, { random: random() })
    expect(factorsError(found, loopFactors(model, set))).toBeLessThan(1)
    expect(stateOf(model)).toBe(before)
  })

  it('of one sample have the diagonal of the Fisher as the diagonal of their product', () => {
    const model = make()
    const set = blobs({ count: 1, features: 6, classes: 4 })
    const fisher = fisherDiagonal(model, set, { estimator: 'exact', random: random() })
    for (const [weight, { bias, a, g }] of kroneckerFactors(model, set, { random: random() })) {
      const [outputs, inputs] = weight.shape as [number, number]
      const product = Float64Array.from({ length: weight.size }, (_, at) => {
        const [o, i] = [Math.floor(at / inputs), at % inputs]
        return (g[o * outputs + o] as number) * (a[i * inputs + i] as number)
      })
      const diagonal = product.map((_, o) => g[o * outputs + o] as number).subarray(0, outputs)
      const most = largest(product)
      expect(most).toBeGreaterThan(0)
      const [ofWeight, ofBias] = [fisher.get(weight) ?? [], fisher.get(bias) ?? []]
      expect(worst(ofWeight, product, (value) => UNIT_ROUNDOFF * (20 * value + most))).toBeLessThan(1)
      expect(worst(ofBias, diagonal, (value) => UNIT_ROUNDOFF * (20 * value + largest(diagonal)))).toBeLessThan(1)
    }
  })

  it('are those of linear layers alone, each with its bias, the last one known', () => {
    const model = make()
    const found = kroneckerFactors(model, blobs({ count: 9, features: 6, classes: 4 }), { random: random() })
    const parameters = model.parameters()
    const weights = parameters.filter(({ name }) => name.endsWith('.weight') && name.startsWith('layers'))
    expect(new Set(found.keys())).toEqual(new Set(weights))
    for (const [weight, { bias, last }] of found) {
      expect(bias).toBe(parameters[parameters.indexOf(weight) + 1])
      expect(last).toBe(weight === weights.at(-1))
    }
  })
})

describe('factors', () => {
  it('of softmax regression are the closed form: mean of x x^T, and of diag(p) - p p^T', () => {
    const model = lived(new Mlp([6, 4]))
    const set = blobs({ count: 50, features: 6, classes: 4 })
    const x = inputsOf(set)
    const [a, aBias, g] = [new Float64Array(36), new Float64Array(6), new Float64Array(16)]
    float64(model)
      .logP(x, 'evaluation')
      .forEach((logP, n) => {
        const p = logP.map(Math.exp)
        for (let i = 0; i < 6; i++) {
          aBias[i]! += (x[n * 6 + i] as number) / 50
          for (let j = 0; j < 6; j++) a[i * 6 + j]! += ((x[n * 6 + i] as number) * (x[n * 6 + j] as number)) / 50
        }
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 4; j++)
            g[i * 4 + j]! += ((i === j ? (p[i] as number) : 0) - (p[i] as number) * (p[j] as number)) / 50
      })
    const bias = model.parameters()[1] as Parameter
    const expected = new Map([[model.parameters()[0] as Parameter, { bias, a, aBias, g }]])
    expect(factorsError(kroneckerFactors(model, set, { random: random() }), expected)).toBeLessThan(1)
  })

  it('look at as many samples as told, drawn without replacement by the generator', () => {
    const model = lived(new Mlp([6, 5, 4]))
    const set = blobs({ count: 60, features: 6, classes: 4 })
    const found = kroneckerFactors(model, set, { samples: 10, random: random() })
    const [drawn] = [...batches(set, { size: 10, samples: 10, shuffle: true, seed: random() })] as [Batch]
    expect(factorsError(found, loopFactors(model, set, drawn.x))).toBeLessThan(1)
    expect(kroneckerFactors(model, set, { samples: 10, random: Random.from(2) })).not.toEqual(found)
    // more than there are is all of them, in order
    const all = kroneckerFactors(model, set, { random: random() })
    expect(kroneckerFactors(model, set, { samples: 1000, random: Random.from(2) })).toEqual(all)
  })

  it('look at 400 rows at a time, which decides the order of sums and so the bits', () => {
    const passes: [number, string][] = []
    const spied = watched(new Mlp([5, 4]), (x, mode) => passes.push([x.shape[0], mode]))
    kroneckerFactors(spied, blobs({ count: 811, features: 5, classes: 4 }), { random: random() })
    expect(passes).toEqual([400, 400, 11].map((rows) => [rows, 'evaluation']))
  })

  it('are symmetric to the bit, and G has rows that sum to 0, as probabilities do to 1', () => {
    const model = lived(new Mlp([6, 7, 4]))
    const found = kroneckerFactors(model, blobs({ count: 30, features: 6, classes: 4 }), { random: random() })
    for (const { a, g, last } of found.values()) {
      for (const matrix of [a, g]) {
        const size = Math.sqrt(matrix.length)
        expect(matrix.map((_, at) => matrix[(at % size) * size + Math.floor(at / size)] as number)).toEqual(matrix)
      }
      if (!last) continue
      for (let row = 0; row < 4; row++)
        expect(Math.abs(g.subarray(row * 4, row * 4 + 4).reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-7)
    }
  })
})

describe('a model or a set without factors', () => {
  const like = (model: Classifier, forward: Classifier['forward']): Classifier => ({
    inputs: model.inputs,
    outputs: model.outputs,
    seed: model.seed,
    parameters: () => model.parameters(),
    forward,
  })
  const set = blobs({ count: 12, features: 5, classes: 5 })
  const factors = (model: Classifier, of: LabelledSet = set, samples?: number) =>
    kroneckerFactors(model, of, { random: random(), ...(samples === undefined ? {} : { samples }) })

  it('is refused: no linear layer, samples that are mixed, a layer used twice', () => {
    const shift = new Parameter('shift', [5], new Float32Array(5))
    const shifting: Classifier = {
      inputs: 5,
      outputs: 5,
      seed: 0,
      parameters: () => [shift],
      forward: (x) => add(x, shift),
    }
    refusal('NO_SQUARED_GRADIENT', () => factors(shifting))
    const mixing = new Mlp([5, 6, 5], { batchNorm: true })
    const before = stateOf(mixing)
    refusal('NO_SQUARED_GRADIENT', () => factors(like(mixing, (x) => mixing.forward(x, 'training'))))
    expect(stateOf(mixing)).toBe(before)
    const square = new Mlp([5, 5])
    refusal('PARAMETER_REUSED', () => factors(like(square, (x, mode) => square.forward(square.forward(x, mode), mode))))
  })

  it('is refused: another width, more classes than outputs, no count of samples', () => {
    const model = new Mlp([5, 5])
    refusal('SHAPE', () => factors(model, blobs({ features: 4, classes: 5 })))
    refusal('LABEL_OUT_OF_RANGE', () => factors(model, blobs({ features: 5, classes: 6 })))
    for (const samples of [0, -3, 2.5, Number.NaN]) refusal('INVALID_ARGUMENT', () => factors(model, set, samples))
  })
})
