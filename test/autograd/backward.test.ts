import { describe, expect, test } from 'vitest'
import {
  add,
  linear,
  matmul,
  mul,
  Parameter,
  relu,
  type Scalar,
  scale,
  square,
  sub,
  sum,
  Tape,
  type Tensor,
} from '../../src/autograd.ts'
import { refusal } from '../refusal.ts'

const parameter = (name: string, ...values: number[]) =>
  new Parameter(name, [values.length] as const, Float32Array.from(values))

type Loss = (tape: Tape) => Tensor<Scalar>

const gradients = (parameters: readonly Parameter[], loss: Loss): number[][] => {
  const tape = new Tape()
  tape.step(() => tape.backward(loss(tape), parameters))
  return parameters.map(({ gradient }) => [...gradient])
}

describe('a tensor that is used more than once', () => {
  const p = parameter('p', 3, -5)

  test.each<[string, Loss, number[]]>([
    ['by two operations: 3 p', (tape) => sum(add(tape.watch(p), scale(tape.watch(p), 2))), [3, 3]],
    ['twice by one: p p', (tape) => sum(mul(tape.watch(p), tape.watch(p))), [6, -10]],
    [
      'as an intermediate: (2 p)^2 + 2 p',
      (tape) => {
        const twice = scale(tape.watch(p), 2)
        return sum(add(square(twice), twice))
      },
      [26, -38],
    ],
    ['by itself minus itself', (tape) => sum(sub(tape.watch(p), tape.watch(p))), [0, 0]],
    [
      'four times over',
      (tape) => {
        const [a, b] = [tape.watch(p), tape.watch(p)]
        return sum(add(add(a, b), add(a, b)))
      },
      [4, 4],
    ],
  ])('%s', (_, loss, expected) => {
    expect(gradients([p], loss)).toEqual([expected])
  })

  test('as both sides of a product, and as weight of two layers', () => {
    const w = new Parameter('w', [2, 2] as const, Float32Array.of(1, 2, 3, 4))
    // d sum(w w) / d w[i, j] = sum of row j + sum of column i
    expect(gradients([w], (tape) => sum(matmul(tape.watch(w), tape.watch(w))))).toEqual([[3 + 4, 7 + 4, 3 + 6, 7 + 6]])
    const zero = new Float32Array(2)
    const layers: Loss = (tape) => {
      const [x, none] = [tape.input(Float32Array.of(1, 0), [1, 2]), tape.input(zero, [2])]
      return sum(linear(linear(x, w, none), w, none))
    }
    // h = (1, 3); the upper layer gives h[i] a column, the lower one the sum of column j for x[0]
    expect(gradients([w], layers)).toEqual([[1 + 4, 3, 1 + 6, 3]])
  })
})

describe('a parameter that the loss does not depend on', () => {
  const [used, unused] = [parameter('used', 1), parameter('unused', 1, 2)]

  test('has gradient 0, whatever it was before', () => {
    unused.gradient.fill(7)
    expect(gradients([used, unused], (tape) => sum(tape.watch(used)))).toEqual([[1], [0, 0]])
  })

  test('also when operations use it that do not lead to the loss', () => {
    unused.gradient.fill(7)
    const loss: Loss = (tape) => {
      const total = sum(tape.watch(used))
      sum(add(tape.watch(unused), tape.input(Float32Array.of(1, 1), [2])))
      return total
    }
    expect(gradients([used, unused], loss)).toEqual([[1], [0, 0]])
  })

  test('also when it is cut off by a detached tensor', () => {
    unused.gradient.fill(7)
    const loss: Loss = (tape) => add(sum(tape.watch(used)), sum(scale(tape.watch(unused), 2)).detach())
    expect(gradients([used, unused], loss)).toEqual([[1], [0, 0]])
  })
})

test('a parameter that is not asked for keeps the gradient it had', () => {
  const [a, b] = [parameter('a', 2), parameter('b', 3)]
  b.gradient.fill(7)
  expect(gradients([a], (tape) => sum(mul(tape.watch(a), b)))).toEqual([[3]])
  expect([...b.gradient]).toEqual([7])
})

test('a second backward of a step writes over the first, and no step adds to the one before', () => {
  const p = parameter('p', 3)
  const tape = new Tape()
  tape.step(() => {
    const squared = sum(square(tape.watch(p)))
    tape.backward(squared, [p])
    expect([...p.gradient]).toEqual([6])
    tape.backward(scale(squared, 10), [p])
    expect([...p.gradient]).toEqual([60])
    tape.backward(squared, [p])
  })
  expect([...p.gradient]).toEqual([6])
})

test('the gradient of a loss that is the parameter itself is 1', () => {
  const p = new Parameter('p', [] as const, Float32Array.of(5))
  expect(gradients([p], (tape) => tape.watch(p))).toEqual([[1]])
  const other = parameter('other', 1)
  p.gradient.fill(7)
  expect(gradients([other], (tape) => tape.watch(p))).toEqual([[0]])
  expect([...p.gradient]).toEqual([7])
})

test('operations after the loss do not count', () => {
  const p = parameter('p', 3)
  expect(
    gradients([p], (tape) => {
      const loss = sum(tape.watch(p))
      square(loss)
      scale(loss, 100)
      return loss
    }),
  ).toEqual([[1]])
})

test('a graph of 20,000 operations deep does not overflow the stack', () => {
  const p = parameter('p', 1)
  const deep: Loss = (tape) => {
    let x: Tensor<readonly [number]> = tape.watch(p)
    for (let depth = 0; depth < 20_000; depth++) x = depth % 2 ? scale(x, 0.5) : add(x, x)
    return sum(relu(x))
  }
  expect(gradients([p], deep)).toEqual([[1]])
})

test('a loss is one number', () => {
  const p = parameter('p', 1, 2)
  const { message } = refusal('SHAPE', () =>
    gradients([p], (tape) => square(tape.watch(p)) as unknown as Tensor<Scalar>),
  )
  expect(message).toContain('[2]')
})

test('memory of the step that is shared with a gradient does not change it afterwards', () => {
  const p = parameter('p', 1, 2, 3)
  const tape = new Tape()
  tape.step(() => tape.backward(sum(square(tape.watch(p))), [p]))
  tape.step(() => scale(tape.input(Float32Array.of(9, 9, 9), [3]), 9))
  expect([...p.gradient]).toEqual([2, 4, 6])
})
