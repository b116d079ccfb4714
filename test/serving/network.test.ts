import { describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import type { Diagonal } from '../../src/continual/fisher.ts'
import { labelledSet } from '../../src/data/set.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import type { Engine } from '../../src/serving/engine.ts'
import { logitsOf } from '../../src/serving/logits.ts'
import type { Published } from '../../src/serving/slots.ts'
import { Learner } from '../../src/training/learner.ts'
import { atLabel, loopFisher, samplesOf } from '../continual/loop.ts'
import { refusal } from '../refusal.ts'
import { worst } from '../toy.ts'
import { digest, engine, INPUTS, METHODS, network, type Rows, reloaded, rows, stored } from './engines.ts'

const model = (e: Engine, name: string) => stored(e).tensors[`model/${name}`]?.data as Float32Array
const bytesOf = (labels: readonly string[], of: Rows) => Uint8Array.from(of.labels, (label) => labels.indexOf(label))

/** the network that an engine trains, made anew by its options and given its weights */
function twin(e: Engine, outputs: number): Mlp {
  const mlp = new Mlp([INPUTS, 12, outputs], { seed: 3 })
  for (const { name, data } of mlp.parameters()) data.set(model(e, `weights/${name}`))
  return mlp
}
const first = rows(['a', 'b'], 60)
const second = rows(['c', 'd'], 60)
const share = (e: Engine, probe: Rows) => e.report(probe).probe?.accuracy as number

describe('learning', () => {
  it('is that of a Learner with Adam, step by step, also in batches of several steps', () => {
    const e = network('ewc', { epochs: 2 })
    const learner = new Learner(new Mlp([INPUTS, 12, 2], { seed: 3 }), { optimizer: new Adam({ learningRate: 0.01 }) })
    const grown = new Mlp([INPUTS, 12, 1], { seed: 3 }).grown(2).parameters()
    learner.model.parameters().forEach(({ data }, i) => {
      data.set(grown[i]?.data as Float32Array)
    })
    const y = bytesOf(['a', 'b'], first)
    e.learn(first.x, first.labels)
    e.learn(first.x.subarray(0, 20 * INPUTS), first.labels.slice(0, 20))
    for (const from of [0, 20, 40, 0, 20, 40, 0, 0])
      learner.step(first.x.subarray(from * INPUTS, (from + 20) * INPUTS), y.subarray(from, from + 20))
    for (const { name, data } of learner.model.parameters()) expect(model(e, `weights/${name}`)).toEqual(data)
  })

  it('a class that is new adds an output, and the old logits keep their bits', () => {
    const e = network()
    e.learn(first.x, first.labels)
    const before = twin(e, 2)
    const grown = before.grown(3)
    const logits = (mlp: Mlp) => logitsOf(mlp.layers(), second.x, 60)
    const [old, now] = [logits(before), logits(grown)]
    for (let at = 0; at < 60; at++) expect(now.subarray(3 * at, 3 * at + 2)).toEqual(old.subarray(2 * at, 2 * at + 2))
    // one row of a new class: one step from there
    e.learn(second.x.subarray(0, INPUTS), ['c'])
    expect(e.publish()?.labels).toEqual(['a', 'b', 'c'])
    const moved = model(e, 'weights/layers.1.weight')
    const step = worst(moved, grown.parameters()[2]?.data as Float32Array, () => 0.01)
    expect(step).toBeGreaterThan(0)
    // Adam's first steps are of about the rate
    expect(step).toBeLessThan(4)
  })

  it.each([
    ['a learning rate that overflows', { learningRate: 1e38 }, 1],
    ['rows at the limit through several layers', { hidden: [200, 200, 200], learningRate: 1 }, 1e12],
  ])('%s: what diverges in the middle leaves everything as it was', (_, options, factor) => {
    const e = network('ewc', options)
    const calm = network('ewc', options)
    const wild = first.x.map((value) => value * factor)
    let refused = false
    for (let turn = 0; turn < 4 && !refused; turn++) {
      const before = digest(e)
      try {
        e.learn(wild, first.labels)
      } catch (error) {
        refused = true
        expect(error).toMatchObject({ code: 'NON_FINITE' })
        expect(digest(e)).toBe(before)
      }
    }
    if (factor === 1) expect(refused).toBe(true)
    // whatever it took, it can be saved and loaded
    expect(digest(reloaded(e))).toBe(digest(e))
    expect(calm.sequence).toBe(0)
  })
})

describe('consolidation by gathered squares', () => {
  it('is Ewc.add of the mean of squared gradients of each row, at the weights after its step', () => {
    const e = network('ewc', { batchSize: 60 })
    e.learn(first.x, first.labels)
    const mlp = twin(e, 2)
    const set = labelledSet({
      name: 'a b',
      inputs: first.x.map((value) => 255 * value),
      labels: bytesOf(['a', 'b'], first),
      features: INPUTS,
      classes: 2,
    })
    // samplesOf takes bytes, and each times 1 / 255
    const literal = loopFisher(samplesOf(mlp, set), atLabel)
    const ewc = new Ewc({ mode: 'online' })
    ewc.add(new Map([...literal].map(([parameter, f]) => [parameter, Float32Array.from(f)])) as Diagonal)
    const { arrays } = ewc.state(mlp.parameters())
    e.consolidate(null, [])
    for (const [name, expected] of Object.entries(arrays)) {
      const most = Math.max(...(expected as Float32Array).map(Math.abs))
      expect(worst(model(e, `method/${name}`), expected, () => 1e-5 * most)).toBeLessThan(1)
    }
  })

  it('begins anew after each consolidation', () => {
    const e = network()
    e.learn(first.x, first.labels)
    e.consolidate(null, [])
    const before = digest(e)
    refusal('EMPTY_SET', () => e.consolidate(null, []))
    expect(digest(e)).toBe(before)
  })

  it.each(['mas', 'kfac', 'replay'] as const)('is refused for %s, which looks at samples', (method) => {
    const e = network(method)
    e.learn(first.x, first.labels)
    const before = digest(e)
    refusal('UNSUPPORTED', () => e.consolidate(null, []))
    expect(digest(e)).toBe(before)
  })
})

describe('consolidation by rows', () => {
  it('is that of a Learner', () => {
    const e = network()
    e.learn(first.x, first.labels)
    const mlp = twin(e, 2)
    const method = new Ewc({ mode: 'online' })
    const labels = bytesOf(['a', 'b'], first)
    const set = labelledSet({ name: 'a b', inputs: first.x, labels, features: INPUTS, classes: 2 })
    new Learner(mlp, { optimizer: new Adam(), method }).consolidate(set)
    e.consolidate(first.x, first.labels)
    for (const [name, expected] of Object.entries(method.state(mlp.parameters()).arrays))
      expect(model(e, `method/${name}`)).toEqual(expected)
  })

  it('tells by the penalty without lambda what the old loss rises by', () => {
    const e = network('ewc', { lambda: 7 })
    e.learn(first.x, first.labels)
    expect(e.report().estimatedRise).toBeNull()
    e.consolidate(first.x, first.labels)
    expect(e.report().estimatedRise).toBe(0)
    e.learn(first.x.subarray(0, 20 * INPUTS), first.labels.slice(0, 20))
    const literal = ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'].reduce((sum, name) => {
      const [theta, precision, anchor] = [`weights/${name}`, `method/${name}/precision`, `method/${name}/anchor`].map(
        (of) => model(e, of),
      ) as [Float32Array, Float32Array, Float32Array]
      return theta.reduce(
        (total, value, i) => total + (precision[i] as number) * (value - (anchor[i] as number)) ** 2,
        sum,
      )
    }, 0)
    expect(literal).toBeGreaterThan(0)
    expect((e.report().estimatedRise as number) / (literal / 2)).toBeCloseTo(1, 5)
  })
})

describe.each(METHODS)('two tasks with %s', (method) => {
  const e = network(method, method === 'lwf' || method === 'none' ? {} : { lambda: method === 'si' ? 1 : 10 })
  const turns = (parts: Rows, times: number) => {
    for (let time = 0; time < times; time++) e.learn(parts.x, parts.labels)
  }
  turns(first, 40)
  const alone = share(e, rows(['a', 'b'], 200, 9))
  e.consolidate(first.x, first.labels)
  const middle = reloaded(e)
  turns(second, 40)

  it('learns both', () => {
    expect(alone).toBeGreaterThan(0.8)
    expect(share(e, rows(['c', 'd'], 200, 9))).toBeGreaterThan(method === 'none' ? 0.8 : 0.5)
  })

  it('loaded between the two it comes to the same bits', () => {
    for (let time = 0; time < 40; time++) middle.learn(second.x, second.labels)
    expect(digest(middle)).toBe(digest(e))
    const probe = rows(['a', 'b', 'c', 'd'], 40, 5)
    const answers = [e, middle].map((held) => logitsOf((held.publish() as Published).layers, probe.x, 40))
    expect(answers[0]).toEqual(answers[1])
  })

  it('and so after a second consolidation, while a third task is learnt', () => {
    const third = rows(['a', 'e'], 50, 4)
    const loaded = reloaded(e)
    for (const held of [e, loaded, reloaded(e)]) {
      held.consolidate(second.x, second.labels)
      held.learn(third.x, third.labels)
    }
    expect(digest(loaded)).toBe(digest(e))
    const { bytes } = e.report()
    const { tensors } = stored(e)
    const kept = Object.entries(tensors).filter(([name]) => name.startsWith('model/'))
    expect(bytes).toBe(kept.reduce((sum, [, { data }]) => sum + data.byteLength, 0))
  })
})

it('a method that stores samples is refused unless that is allowed', () => {
  refusal('PRIVACY', () => engine({ model: { kind: 'network', method: 'replay' } }))
})
