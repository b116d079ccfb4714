import { describe, expect, it } from 'vitest'
import { kroneckerFactors } from '../../src/continual/factors.ts'
import { Kfac } from '../../src/continual/kfac.ts'
import { Heads } from '../../src/nn/heads.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { blobs, largest, nudge } from '../toy.ts'
import { added, consolidate } from './kfac.literal.ts'
import { factorsError, loopFactors } from './kronecker.ts'
import { lived } from './loop.ts'

const set = blobs({ count: 30, features: 5, classes: 3 })
const whole = () => lived(new Mlp([5, 6, 7], { seed: 2, batchNorm: true }))
const [FROM, TO] = [2, 5]

/** a model that has the outputs of the head and no others */
function alone(model: Mlp): Mlp {
  const small = lived(new Mlp([5, 6, TO - FROM], { seed: 2, batchNorm: true }))
  const parameters = model.parameters()
  small.parameters().forEach((parameter, at) => {
    const { data, shape } = parameters[at] as Parameter
    const width = data.length / (shape[0] as number)
    parameter.data.set(data.length === parameter.size ? data : data.subarray(FROM * width, TO * width))
  })
  small.norms.forEach((norm, at) => {
    norm.runningMean.set(model.norms[at]?.runningMean ?? [])
    norm.runningVariance.set(model.norms[at]?.runningVariance ?? [])
  })
  return small
}

describe('a head', () => {
  it('has the factors of a model with its outputs alone, and 0 for the others', () => {
    const model = whole()
    const found = kroneckerFactors(new Heads(model).use(FROM, TO), set, { random: Random.from(1) })
    const expected = [...loopFactors(alone(model), set).values()]
    const inside = new Map(
      [...found].map(([weight, factors]) => {
        if (!factors.last) return [weight, factors]
        const { g } = factors
        const within = (at: number) => at >= FROM && at < TO
        const own = g.filter((_, at) => within(Math.floor(at / 7)) && within(at % 7))
        expect(g.filter((value) => value !== 0).length).toBe(own.length)
        return [weight, { ...factors, g: own }]
      }),
    )
    const order = model.parameters().filter((parameter) => found.has(parameter))
    const right = new Map(order.map((weight, at) => [weight, expected[at] as (typeof expected)[number]]))
    expect(right.size).toBe(2)
    expect(factorsError(inside, right)).toBeLessThan(1)
  })

  it('is held where it is, while the others are free until their task', () => {
    const model = whole()
    const [heads, kfac] = [new Heads(model), new Kfac({ lambda: 1 })]
    const [weight, bias] = model.parameters().slice(-2) as [Parameter, Parameter]
    const pulled = () => {
      const before = model.parameters().map(({ data }) => data.slice())
      nudge(model.parameters(), Random.from(1))
      const { gradients } = added(kfac, heads.parameters())
      model.parameters().forEach(({ data }, at) => {
        data.set(before[at] as Float32Array)
      })
      return Array.from({ length: 7 }, (_, row) => {
        const own = gradients.get(weight)?.subarray(row * 6, row * 6 + 6) as Float32Array
        return largest(own) > 0 && gradients.get(bias)?.[row] !== 0
      })
    }
    consolidate(kfac, heads.use(FROM, TO), set)
    expect(pulled()).toEqual([false, false, true, true, true, false, false])
    consolidate(kfac, heads.use(4, 7), set)
    expect(pulled()).toEqual([false, false, true, true, true, true, true])
  })
})
