import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { fisherDiagonal } from '../../src/continual/fisher.ts'
import { LeakyRelu } from '../../src/nn/leaky-relu.ts'
import { type Activation, Mlp } from '../../src/nn/mlp.ts'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.ts'
import { Adam } from '../../src/optim/adam.ts'
import { Random } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { error, exactly, lived, loopFisher, samplesOf } from '../continual/loop.ts'
import { blobs, codeOf, drain, inputsOf, largest, nudge, numbers, thrown, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { byTape, rowsOf, sameAnswer } from './answers.ts'
import { differences, float64 } from './float64.ts'

const leaky = (sizes: readonly number[], batchNorm = false): Mlp => {
  const model = new Mlp(sizes, { seed: 2, batchNorm, activation: 'leaky-relu' })
  nudge(model.parameters(), Random.from(5))
  return batchNorm ? lived(model) : model
}
const NETS = [
  [5, 3],
  [7, 17, 4],
  [9, 16, 5, 2],
].flatMap((sizes) => [false, true].map((norm) => [sizes, norm] as const))

it('leaky ReLU is x, or 0.01 x below 0', () => {
  const x = Float32Array.of(-100, -1, 0, 1e-3, 1, 250)
  const y = new Tape().step((tape) => new LeakyRelu().forward(tape.input(x, [1, 6])).read())
  expect(
    worst(
      y,
      x.map((value) => (value < 0 ? value / 100 : value)),
      (b) => 4 * UNIT_ROUNDOFF * Math.abs(b),
    ),
  ).toBeLessThan(1)
})

describe.each(NETS)('a leaky network of %j, BatchNorm %s', (sizes, batchNorm) => {
  it('is the plain float64 forward, with that slope', () => {
    const model = leaky(sizes, batchNorm)
    const x = numbers(13 * model.inputs, Random.from(1))
    const forward = () =>
      new Tape().step((tape) => model.forward(tape.input(x, [13, model.inputs]), 'evaluation').read())
    const expected = float64(model, 0.01).logits(x, 'evaluation').flat()
    // as of a network of ReLU, with three roundings more a layer
    const roundings = sizes.reduce((sum, size) => sum + size + 4, 0)
    const allowed = 10 * roundings * UNIT_ROUNDOFF * largest(expected)
    expect(worst(forward(), expected, () => allowed)).toBeLessThan(1)
    if (sizes.length > 2)
      expect(worst(forward(), float64(model).logits(x, 'evaluation').flat(), () => allowed)).toBeGreaterThan(10)
  })

  it('answers with the bits of its forward pass', () => {
    const model = leaky(sizes, batchNorm)
    for (const rows of [1, 2, 1001]) {
      const x = rowsOf(model, rows)
      expect(sameAnswer(model.predict(x), byTape(model, x))).toBe(true)
    }
    for (const [code, x] of [
      ['LENGTH', new Float32Array(model.inputs + 1)],
      ['EMPTY_SET', new Float32Array(0)],
      ['NON_FINITE', new Float32Array(model.inputs).fill(NaN)],
      ['DTYPE', new Float64Array(model.inputs) as unknown as Float32Array],
    ] as const)
      expect(codeOf(() => model.predict(x))).toBe(code)
    model.parameters()[0]!.data.fill(3e38)
    expect(codeOf(() => model.predict(new Float32Array(model.inputs).fill(1e3)))).toBe('NON_FINITE')
  })

  it('has the gradient that differences have', () => {
    const model = leaky(sizes, batchNorm)
    const set = blobs({ count: 6, features: model.inputs, classes: model.outputs })
    const x = inputsOf(set)
    new Tape().step((tape) => {
      const logits = model.forward(tape.input(x, [set.count, model.inputs]), 'evaluation')
      tape.backward(softmaxCrossEntropy(logits, set.labels), model.parameters())
    })
    const oracle = float64(model, 0.01)
    const loss = () => oracle.logP(x, 'evaluation').reduce((sum, row, n) => sum - row[set.labels[n]!]!, 0) / set.count
    for (const [parameter, values] of oracle.values) {
      const expected = differences(values, loss)
      expect(
        worst(parameter.gradient, expected, () => 1e-5),
        parameter.name,
      ).toBeLessThan(1)
    }
  })

  it('has the Fisher that a loop over samples has', () => {
    const model = leaky(sizes, batchNorm)
    const set = blobs({ count: 9, features: model.inputs, classes: model.outputs })
    const fisher = fisherDiagonal(model, set, { estimator: 'exact', random: Random.from(1) })
    expect(error(fisher, loopFisher(samplesOf(model, set), exactly))).toBeLessThan(1)
  })
})

it('starts with the weights of ReLU, learns, and cannot be frozen', async () => {
  const [relu, model] = (['relu', 'leaky-relu'] as const).map(
    (activation) => new Mlp([8, 6, 3], { activation, seed: 1 }),
  )
  expect(model!.parameters().map(({ data }) => data)).toEqual(relu!.parameters().map(({ data }) => data))
  const set = blobs()
  const learner = new Learner(model!, { optimizer: new Adam({ learningRate: 0.01 }) })
  await drain(learner.fit(set, { epochs: 30, batchSize: 10 }))
  expect(learner.evaluate(set).accuracy).toBeGreaterThan(0.9)
  expect(learner.predict(inputsOf(set))).toEqual(model!.predict(inputsOf(set)))
  expect(thrown(() => model!.freeze())).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('leaky'),
  })
})

it('an activation that is not known is refused', () => {
  const error = thrown(() => new Mlp([4, 3, 2], { activation: 'tanh' as Activation }))
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining("'tanh'") })
})
