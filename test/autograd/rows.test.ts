import { describe, expect, test, vi } from 'vitest'
import type { Node } from '../../src/autograd/op.ts'
import { batchNorm, linear, Parameter, relu, scale, square, sum, Tape, type Tensor } from '../../src/autograd.ts'
import { linearOp } from '../../src/ops/linear.ts'
import { mul } from '../../src/ops/mul.ts'
import type { Matrix } from '../../src/tensor/shape.ts'
import { sameBits, stream, uniform } from '../numbers.ts'
import { refusal } from '../refusal.ts'

const next = stream(7)
const [INPUTS, HIDDEN, CLASSES, ROWS] = [5, 6, 3, 7]
const weight = (name: string, rows: number, columns: number) =>
  new Parameter(name, [rows, columns] as const, uniform(next, rows * columns))
const vector = (name: string, length: number) => new Parameter(name, [length] as const, uniform(next, length))
const [w1, b1, gamma, beta] = [
  weight('w1', HIDDEN, INPUTS),
  vector('b1', HIDDEN),
  vector('gamma', HIDDEN),
  vector('beta', HIDDEN),
]
const [w2, b2] = [weight('w2', CLASSES, HIDDEN), vector('b2', CLASSES)]
const all = [w1, b1, gamma, beta, w2, b2]
const running = { mean: uniform(next, HIDDEN), variance: uniform(next, HIDDEN, 0.5, 2) }
const x = uniform(next, ROWS * INPUTS)
const seeds = [uniform(next, ROWS * CLASSES), uniform(next, ROWS * CLASSES)]

/** a fused ReLU, BatchNorm, and an operation of its own that has no parameter */
function forward(tape: Tape, rows: Float32Array, mode: 'training' | 'evaluation' = 'evaluation'): Tensor<Matrix> {
  const hidden = linear(tape.input(rows, [rows.length / INPUTS, INPUTS]), w1, b1, { relu: true })
  const normal = batchNorm(hidden, gamma, beta, running, { mode, epsilon: 1e-5, momentum: 0.1 })
  return linear(relu(scale(normal, 0.5)), w2, b2)
}

/** what is shown of each operation, in the order in which it is */
function shown(parameters: readonly Parameter[], tape = new Tape()) {
  return tape.step(() => {
    const seen: { name: string; node: Node; dOutput: Float32Array }[] = []
    const own = seeds.map((seed) => seed.slice())
    tape.backwardRows(forward(tape, x), own, parameters, (node, dOutput) =>
      seen.push({ name: node.op.name, node, dOutput: dOutput.slice() }),
    )
    return seen
  })
}

/** d (seed times output of one row) / d parameter, by the plain tape */
function alone(row: number, seed: Float32Array, parameter: Parameter): Float32Array {
  const tape = new Tape()
  return tape.step(() => {
    const output = forward(tape, x.slice(row * INPUTS, (row + 1) * INPUTS))
    const own = tape.input(seed.slice(row * CLASSES, (row + 1) * CLASSES), [1, CLASSES])
    tape.backward(sum(mul(output, own)), [parameter])
    return parameter.gradient.slice()
  })
}

describe('the rows of gradients', () => {
  test('are shown of operations with parameters, from the output to the inputs, seed by seed', () => {
    const seen = shown(all)
    const once = ['linear', 'batchNorm', 'linear']
    expect(seen.map(({ name }) => name)).toEqual([...once, ...once])
    expect(seen.map(({ node }) => node.inputs[1])).toEqual([w2, gamma, w1, w2, gamma, w1])
  })

  test('are those of each sample alone, what is fused undone', () => {
    const seen = shown(all)
    seeds.forEach((seed, s) => {
      // a bias gets what arrives at its operation, and of a single row nothing is summed
      for (const [at, bias] of [b2, beta, b1].entries()) {
        const { dOutput } = seen[s * 3 + at] as (typeof seen)[number]
        expect(dOutput).toHaveLength(ROWS * bias.size)
        for (let row = 0; row < ROWS; row++) {
          const own = dOutput.subarray(row * bias.size, (row + 1) * bias.size)
          expect(
            sameBits(
              own.map((value) => value + 0),
              alone(row, seed, bias).map((value) => value + 0),
            ),
          ).toBe(true)
        }
      }
    })
    const [last, , first] = seen.map(({ dOutput }) => dOutput)
    expect(first?.some((value) => value === 0)).toBe(true)
    expect(first?.some((value) => value !== 0)).toBe(true)
    expect(last).toEqual(seeds[0])
  })

  test('are shown where the parameters are that were asked for, and the sweep goes no further down', () => {
    expect(shown([b2]).map(({ node }) => node.inputs[1])).toEqual([w2, w2])
    expect(shown([gamma]).map(({ name }) => name)).toEqual(['batchNorm', 'batchNorm'])
    const [top] = shown([w1])
    expect(top?.dOutput).toEqual(shown(all)[2]?.dOutput)
    const below = vi.spyOn(linearOp, 'gradient')
    shown([w2, b2])
    expect(below).not.toHaveBeenCalled()
    shown([w1])
    // from the last layer down, a seed each; the first has nothing below it
    expect(below).toHaveBeenCalledTimes(2)
    below.mockRestore()
  })

  test('leave the gradients of parameters alone, and allocate nothing in steady state', () => {
    for (const { gradient } of all) gradient.fill(3)
    const tape = new Tape()
    const counts = Array.from({ length: 10 }, () => {
      shown(all, tape)
      return tape.allocations
    })
    expect(new Set(counts).size).toBe(1)
    for (const { gradient } of all) expect(gradient.every((value) => value === 3)).toBe(true)
  })
})

describe('refused, before anything is shown', () => {
  const rejected = (code: Parameters<typeof refusal>[0], output: (tape: Tape) => Tensor, own = seeds[0]?.slice()) => {
    let visits = 0
    const tape = new Tape()
    const run = () => tape.step(() => tape.backwardRows(output(tape), [own as Float32Array], all, () => visits++))
    const error = refusal(code, run)
    expect(visits).toBe(0)
    return error
  }

  test('samples that are mixed, a parameter used twice or in an operation without rows', () => {
    rejected('NO_SQUARED_GRADIENT', (tape) => forward(tape, x, 'training'))
    const twice = new Parameter('twice', [INPUTS, INPUTS], uniform(next, INPUTS * INPUTS))
    const bias = vector('bias', INPUTS)
    const tape = new Tape()
    const run = () =>
      tape.step(() => {
        const rows = tape.input(x, [ROWS, INPUTS])
        const output = linear(linear(rows, twice, bias), twice, bias)
        tape.backwardRows(output, [new Float32Array(output.size)], [twice], () => expect.unreachable())
      })
    expect(refusal('PARAMETER_REUSED', run).message).toContain('twice')
    rejected('NO_SQUARED_GRADIENT', (own) => square(own.watch(w1)), new Float32Array(w1.size))
  })

  test('a seed of another length', () => {
    for (const length of [0, ROWS * CLASSES - 1, ROWS * CLASSES + 1])
      rejected('LENGTH', (tape) => forward(tape, x), new Float32Array(length))
  })

  test('an output of another tape, or of a step that has ended', () => {
    const other = new Tape()
    other.step(() => rejected('TAPE_MISUSE', () => forward(other, x)))
    const ended = other.step(() => forward(other, x))
    rejected('TENSOR_RELEASED', () => ended)
  })
})
