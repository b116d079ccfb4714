import { describe, expect, it } from 'vitest'
import { Adam } from '../../src/optim/adam.ts'
import type { Optimizer, OptimizerState } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import { codeOf, numbers } from '../toy.ts'

type Saving = Optimizer & Required<Pick<Optimizer, 'state' | 'restore'>>

const makers: [string, () => Saving][] = [
  ['adam', () => new Adam({ learningRate: 0.01, beta1: 0.8 })],
  ['sgd', () => new Sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 0.1 })],
  ['sgd without momentum', () => new Sgd({ learningRate: 0.01 })],
]

const fresh = (rows = 2) => [
  new Parameter('w', [rows, 3], numbers(6 + 3 * (rows - 2), Random.from(1))),
  new Parameter('b', [rows], numbers(rows, Random.from(2))),
]

function walk(optimizer: Optimizer, parameters: readonly Parameter[], from: number, to: number): void {
  for (let step = from; step < to; step++) {
    for (const { gradient, name } of parameters) gradient.set(numbers(gradient.length, Random.from(step, name)))
    optimizer.step(parameters)
  }
}

const bits = (parameters: readonly Parameter[]) =>
  parameters.map(({ data }) => [...new Uint32Array(data.slice().buffer)])

describe.each(makers)('%s', (_, make) => {
  it('goes on from a state as if it had never stopped', () => {
    for (const stop of [0, 1, 7]) {
      const [straight, first] = [fresh(), fresh()]
      const whole = make()
      whole.learningRate = 0.02
      walk(whole, straight, 0, 20)
      const before = make()
      before.learningRate = 0.02
      walk(before, first, 0, stop)
      const state = structuredClone(before.state(first))
      const resumed = fresh()
      resumed.forEach(({ data }, i) => {
        data.set(first[i]!.data)
      })
      const after = make()
      // what it did before is forgotten
      walk(after, fresh(), 90, 93)
      after.restore(resumed, state)
      // a state is a copy
      walk(before, first, 50, 60)
      walk(after, resumed, stop, 20)
      expect(bits(resumed)).toEqual(bits(straight))
    }
  })

  it('knows nothing of rows that were added', () => {
    const small = fresh()
    const before = make()
    walk(before, small, 0, 5)
    const large = fresh(4)
    const after = make()
    after.restore(large, before.state(small))
    const grown = after.state(large)
    for (const [name, values] of Object.entries(before.state(small).arrays)) {
      const now = grown.arrays[name]!
      expect([...now.slice(0, values.length)]).toEqual([...values])
      expect(now.length).toBe(name.startsWith('w/') ? 12 : 4)
      expect([...now.slice(values.length)].every((value) => value === 0)).toBe(true)
    }
  })

  it('refuses what is not its own, and remembers what it did', () => {
    const parameters = fresh()
    const optimizer = make()
    walk(optimizer, parameters, 0, 3)
    const good = optimizer.state(parameters)
    const refused = (changes: object, code: string) => {
      expect(codeOf(() => optimizer.restore(parameters, { ...good, ...changes } as OptimizerState))).toBe(code)
      expect(optimizer.state(parameters)).toEqual(good)
    }
    refused({ name: 'other' }, 'INVALID_ARGUMENT')
    for (const option of Object.keys(good.numbers))
      for (const value of option === 'learningRate'
        ? [-1, NaN, Infinity, undefined]
        : [NaN, -0.5, 1 + Number.EPSILON, 2, undefined])
        refused({ numbers: { ...good.numbers, [option]: value } }, 'INVALID_ARGUMENT')
    for (const [name, values] of Object.entries(good.arrays)) {
      const array = (changed: unknown, code: string) => refused({ arrays: { ...good.arrays, [name]: changed } }, code)
      array(new Float32Array(100), 'LENGTH')
      array(new Float32Array(), 'LENGTH')
      if (name.startsWith('w/')) array(new Float32Array(4), 'LENGTH')
      array(Float64Array.from(values), 'INVALID_ARGUMENT')
      array(Float32Array.from(values).fill(NaN), 'NON_FINITE')
      if (name.endsWith('/second')) {
        array(Float32Array.from(values).fill(-1), 'INVALID_ARGUMENT')
        array(undefined, 'INVALID_ARGUMENT')
      }
    }
  })
})
