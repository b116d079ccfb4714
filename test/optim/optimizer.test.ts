import { describe, expect, it } from 'vitest'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, hashOf } from '../toy.ts'
import { anchoredAt, quadraticOf, run, weights } from './references.ts'

const optimizers: [string, (learningRate: number) => Optimizer][] = [
  ['Sgd', (learningRate) => new Sgd({ learningRate })],
  ['Sgd with momentum', (learningRate) => new Sgd({ learningRate, momentum: 0.9 })],
  ['Adam', (learningRate) => new Adam({ learningRate })],
]

describe.each(optimizers)('%s', (name, make) => {
  it('forgets everything on reset', () => {
    const optimizer = make(0.1)
    const parameter = weights()
    const again = () => {
      parameter.data.set(weights().data)
      return run(optimizer, parameter)
    }
    const first = again()
    // plain Sgd has nothing to forget
    if (name !== 'Sgd') expect(again()).not.toBe(first)
    optimizer.reset()
    expect(again()).toBe(first)
  })

  it('keeps apart what it remembers of each parameter', () => {
    const optimizer = make(0.1)
    const [one, two] = [weights(), weights()]
    for (let i = 0; i < 3; i++) {
      one.gradient.fill(1)
      two.gradient.fill(-2)
      optimizer.step([one, two])
    }
    const alone = make(0.1)
    const other = weights()
    for (let i = 0; i < 3; i++) {
      other.gradient.fill(-2)
      alone.step([other])
    }
    expect(hashOf([two.data])).toBe(hashOf([other.data]))
  })

  it('takes the rate as a factor of the learning rate, and a learning rate that is set later', () => {
    const halved = run(make(0.5), weights(), { rate: 0.5 })
    expect(halved).toBe(run(make(0.25)))
    const optimizer = make(1)
    optimizer.learningRate = 0.25
    expect(run(optimizer)).toBe(halved)
    expect(run(make(0.25), weights(), { rate: 0 })).toBe(hashOf([weights().data]))
  })

  it('with lambda 0 has the bits of no penalty, and leaves parameters without an anchor free', () => {
    const bare = run(make(0.1))
    const [parameter, other] = [weights(), weights()]
    const share = anchoredAt(parameter, Random.from(2))
    expect(run(make(0.1), parameter, { quadratic: quadraticOf(0, new Map([[parameter, share]])) })).toBe(bare)
    const quadratic = quadraticOf(1, new Map([[other, share]]))
    expect(run(make(0.1), weights(), { quadratic })).toBe(bare)
    expect(run(make(0.1), other, { quadratic })).not.toBe(bare)
  })

  it('returns 0 without a penalty', () => {
    expect(make(0.1).step([weights()])).toBe(0)
    expect(make(0.1).step([weights()], { quadratic: null })).toBe(0)
  })

  it('refuses a rate or learning rate that is no number from 0, before anything changed', () => {
    const spoil: [string, (optimizer: Optimizer) => { rate?: number }][] = [-1, Number.NaN, Infinity, 1e40].flatMap(
      (wrong) => [
        [`rate ${wrong}`, () => ({ rate: wrong })],
        [
          `learning rate ${wrong}`,
          (optimizer) => {
            optimizer.learningRate = wrong
            return {}
          },
        ],
      ],
    )
    for (const [what, spoiled] of spoil) {
      const [optimizer, twin] = [make(0.1), make(0.1)]
      const [parameter, same] = [weights(), weights()]
      run(optimizer, parameter, {}, 2)
      run(twin, same, {}, 2)
      expect([what, codeOf(() => optimizer.step([parameter], spoiled(optimizer)))]).toEqual([what, 'INVALID_ARGUMENT'])
      optimizer.learningRate = 0.1
      expect(hashOf([parameter.data])).toBe(hashOf([same.data]))
      expect(run(optimizer, parameter)).toBe(run(twin, same))
    }
  })
})
