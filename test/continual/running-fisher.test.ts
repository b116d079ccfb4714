import { describe, expect, it } from 'vitest'
import { RunningFisher } from '../../src/continual/running-fisher.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Random } from '../../src/tensor/random.ts'
import { refusal } from '../refusal.ts'
import { blobs, inputsOf, nudge } from '../toy.ts'
import { atLabel, error, loopFisher, samplesOf } from './loop.ts'

const set = blobs({ count: 40, features: 8, classes: 3 })
const x = inputsOf(set)
const part = (from: number, to: number) => [x.subarray(from * 8, to * 8), set.labels.subarray(from, to)] as const

describe('RunningFisher', () => {
  const model = new Mlp([8, 6, 3], { seed: 4, batchNorm: true })
  const parameters = model.parameters()

  it('is the mean of squared gradients of log p(label | x), each at the weights of its moment', () => {
    const fisher = new RunningFisher(parameters)
    const samples = []
    const random = Random.from(2, 'nudges')
    for (const [from, to] of [
      [0, 12],
      [12, 13],
      [13, 40],
    ] as const) {
      nudge(parameters, random, 0.2)
      const halved = {
        ...set,
        inputs: set.inputs.subarray(from * 8, to * 8),
        labels: set.labels.subarray(from, to),
        count: to - from,
      }
      samples.push(...samplesOf(model, halved))
      fisher.add(model, ...part(from, to))
    }
    expect(fisher.count).toBe(40)
    expect(error(fisher.diagonal(), loopFisher(samples, atLabel))).toBeLessThan(1)
  })

  it('of no sample has no mean', () => {
    const fisher = new RunningFisher(parameters)
    refusal('EMPTY_SET', () => fisher.diagonal())
    fisher.add(model, ...part(0, 5))
    fisher.reset()
    expect(fisher.count).toBe(0)
    refusal('EMPTY_SET', () => fisher.diagonal())
  })

  it('goes on from its state with the same bits', () => {
    const [straight, before, after] = [0, 1, 2].map(() => new RunningFisher(parameters)) as [
      RunningFisher,
      RunningFisher,
      RunningFisher,
    ]
    straight.add(model, ...part(0, 10))
    before.add(model, ...part(0, 10))
    after.add(model, ...part(20, 40))
    after.restore(parameters, before.state())
    for (const fisher of [straight, after]) fisher.add(model, ...part(10, 30))
    expect(after.state()).toEqual(straight.state())
  })

  it('goes on for a network that grew: rows since are 0', () => {
    const fisher = new RunningFisher(parameters)
    fisher.add(model, ...part(0, 10))
    const grown = model.grown(5)
    const next = new RunningFisher(grown.parameters())
    next.restore(grown.parameters(), fisher.state())
    const { arrays } = next.state()
    for (const [name, held] of Object.entries(fisher.state().arrays)) {
      expect(arrays[name]?.subarray(0, held.length)).toEqual(held)
      expect(arrays[name]?.subarray(held.length).every((value) => value === 0)).toBe(true)
    }
    expect(arrays['layers.1.weight']).toHaveLength(30)
  })

  it('refuses a state that is none, and is as it was', () => {
    const fisher = new RunningFisher(parameters)
    fisher.add(model, ...part(0, 10))
    const good = fisher.state()
    const { 'layers.0.bias': bias, ...rest } = good.arrays
    const altered = (value: number) => ({ ...good.arrays, 'layers.0.bias': (bias as Float64Array).with(2, value) })
    for (const state of [
      { ...good, arrays: rest },
      { ...good, arrays: altered(-1) },
      { ...good, arrays: altered(NaN) },
      { ...good, arrays: altered(Infinity) },
      { ...good, arrays: { ...rest, 'layers.0.bias': new Float64Array(7) } },
      { ...good, arrays: { ...rest, 'layers.0.bias': new Float32Array(6) } },
      { ...good, numbers: {} },
      { ...good, numbers: { count: 1.5 } },
      { ...good, numbers: { count: -1 } },
    ])
      refusal('STATE_MALFORMED', () => fisher.restore(parameters, state))
    expect(fisher.state()).toEqual(good)
  })
})
