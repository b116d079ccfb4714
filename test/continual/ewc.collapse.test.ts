import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { ewcPenalty, type Memory } from '../../src/continual/ewc.reference.ts'
import { Ewc } from '../../src/continual/ewc.ts'
import type { Quadratic } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Parameter } from '../../src/tensor/parameter.ts'
import { UNIT_ROUNDOFF, worst } from '../toy.ts'

/** what a property draws: where each task left every element, how much it needs it, and where the elements are now */
interface Drawn {
  readonly tasks: readonly (readonly { readonly anchor: number; readonly f: number }[])[]
  readonly now: readonly number[]
  readonly lambda: number
}

const place = fc.float({ min: -2, max: 2, noNaN: true })
// a third of them 0, and from tiny to large
const precision = fc.oneof(
  fc.constant(0),
  fc.float({ min: 0, max: 4, noNaN: true }),
  fc.float({ min: 0, max: Math.fround(1e-20), noNaN: true }),
)
const drawn: fc.Arbitrary<Drawn> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }))
  .chain(([tasks, size]) => {
    const exactly = { minLength: size, maxLength: size }
    const task = fc.array(fc.record({ anchor: place, f: precision }), exactly)
    return fc.record({
      tasks: fc.array(task, { minLength: tasks, maxLength: tasks }),
      now: fc.array(place, exactly),
      lambda: fc.double({ min: 0.01, max: 100, noNaN: true }),
    })
  })
  .filter(({ tasks }) => tasks.every((task) => task.some(({ f }) => f > 0)))

/** A parameter that went through the tasks, the penalty of each remembered by both sides. */
function consolidated({ tasks, now, lambda }: Drawn, mode: 'separate' | 'latest' = 'separate') {
  const parameter = new Parameter('p', [now.length], new Float32Array(now.length))
  const ewc = new Ewc({ lambda, mode })
  const memories: Memory[] = []
  for (const task of tasks) {
    parameter.data.set(task.map(({ anchor }) => anchor))
    const fisher = Float32Array.from(task, ({ f }) => f)
    ewc.add(new Map([[parameter, fisher]]))
    memories.push({ parameter, fisher, anchor: parameter.data.slice() })
  }
  parameter.data.set(now)
  return { parameter, ewc, memories }
}

/** the sum of the penalties of each task in float64, and its gradient */
function separately({ now, lambda }: Drawn, memories: readonly Memory[]) {
  let value = 0
  const gradient = new Float64Array(now.length)
  for (const { fisher, anchor } of memories)
    now.forEach((theta, i) => {
      const moved = theta - (anchor[i] as number)
      value += (lambda / 2) * (fisher[i] as number) * moved ** 2
      gradient[i] = (gradient[i] as number) + lambda * (fisher[i] as number) * moved
    })
  return { value, gradient }
}

/** what the optimizer's pass adds to the gradient, in float64 from what it is given */
const gradientOf = ({ lambda, of }: Quadratic, parameter: Parameter): Float64Array => {
  const { precision, anchor } = of(parameter) as { precision: Float32Array; anchor: Float32Array }
  return Float64Array.from(parameter.data, (theta, i) => lambda * precision[i]! * (theta - anchor[i]!))
}

// numbers below float32's normal ones are rounded to multiples of 2^-149, here after a factor of lambda * 4 at most
const TINY = 400 * 2 ** -149

describe('the collapsed penalty', () => {
  it('is the sum of the penalties of all tasks, in value and in gradient', () => {
    fc.assert(
      fc.property(drawn, (draw) => {
        const { parameter, ewc, memories } = consolidated(draw)
        const { value, gradient } = separately(draw, memories)
        const { lambda, tasks } = draw
        // a merge moves an anchor (below 2, as are all places) with 5 roundings, and rounds the precision once
        const roundings = (5 * tasks.length + 1) * UNIT_ROUNDOFF
        const sums = parameter.data.map((_, i) => memories.reduce((sum, { fisher }) => sum + (fisher[i] as number), 0))
        const quadratic = ewc.quadratic([parameter]) as Quadratic
        const pull = gradientOf(quadratic, parameter)
        expect(worst(pull, gradient, (_, i) => lambda * (roundings * 4 * sums[i]! + TINY))).toBeLessThan(1)
        // distances are below 4: F d^2 is below 16 F, its error twice that of d; three lanes of additions
        const total = sums.reduce((sum, f) => sum + f, 0)
        const allowed = (lambda / 2) * ((2 * roundings + 8 * UNIT_ROUNDOFF) * 16 * total + 40 * TINY)
        expect(Math.abs((ewc.penalty([parameter]) as number) - value)).toBeLessThanOrEqual(allowed)
        expect(quadratic.largest).toBe(Math.max(...(quadratic.of(parameter)?.precision ?? [])))
      }),
      { numRuns: 300 },
    )
  })

  it('is what the reference writes down, differentiated by the tape', () => {
    fc.assert(
      fc.property(drawn, (draw) => {
        const { parameter, ewc, memories } = consolidated(draw)
        const { lambda, tasks } = draw
        const reference = new Tape().step((tape) => {
          const penalty = ewcPenalty(tape, memories, lambda)
          tape.backward(penalty, [parameter])
          return penalty.item()
        })
        const sums = parameter.data.map((_, i) => memories.reduce((sum, { fisher }) => sum + (fisher[i] as number), 0))
        const roundings = (6 * tasks.length + 6) * UNIT_ROUNDOFF
        const pull = gradientOf(ewc.quadratic([parameter]) as Quadratic, parameter)
        const allowed = (_: number, i: number) => lambda * (roundings * 4 * sums[i]! + 2 * TINY)
        expect(worst(pull, parameter.gradient, allowed)).toBeLessThan(1)
        const total = sums.reduce((sum, f) => sum + f, 0)
        const bound = (lambda / 2) * ((2 * roundings + 50 * UNIT_ROUNDOFF) * 16 * total + 80 * TINY)
        expect(Math.abs((ewc.penalty([parameter]) as number) - reference)).toBeLessThanOrEqual(bound)
      }),
      { numRuns: 300 },
    )
  })

  it('is added inside the pass of the optimizer, which returns its value', () => {
    fc.assert(
      fc.property(drawn, (draw) => {
        const { parameter, ewc, memories } = consolidated(draw)
        const quadratic = ewc.quadratic([parameter]) as Quadratic
        const [expected, value] = [separately(draw, memories).gradient, ewc.penalty([parameter])]
        const pull = gradientOf(quadratic, parameter)
        // as long a step as is stable, without any other gradient: theta minus it shows the gradient
        const learningRate = Math.min(1.9 / (quadratic.lambda * quadratic.largest), 1e30)
        const before = parameter.data.slice()
        const returned = new Sgd({ learningRate }).step([parameter], { quadratic })
        expect(returned).toBe(value)
        const shown = Float64Array.from(before, (theta, i) => (theta - (parameter.data[i] as number)) / learningRate)
        // theta, below 2 + 1.9 * 4, is rounded once; the gradient itself three times
        const allowed = (_: number, i: number) =>
          UNIT_ROUNDOFF * (10 / learningRate + 4 * Math.abs(pull[i] as number)) + quadratic.lambda * TINY
        expect(worst(shown, pull, allowed)).toBeLessThan(1)
        const collapse = (5 * draw.tasks.length + 1) * UNIT_ROUNDOFF * 4 * quadratic.lambda * quadratic.largest
        expect(worst(shown, expected, (_, i) => allowed(0, i) + collapse)).toBeLessThan(1)
      }),
    )
  })

  it('of mode latest is that of the last task alone', () => {
    fc.assert(
      fc.property(drawn, (draw) => {
        const { parameter, ewc } = consolidated(draw, 'latest')
        const last = consolidated({ ...draw, tasks: draw.tasks.slice(-1) })
        expect(ewc.penalty([parameter])).toBe(last.ewc.penalty([last.parameter]))
        const shares = [
          ewc.quadratic([parameter])?.of(parameter),
          last.ewc.quadratic([last.parameter])?.of(last.parameter),
        ]
        expect(shares[0]).toEqual(shares[1])
        expect(ewc.tasks).toBe(1)
      }),
    )
  })

  it('keeps no state in the arrays that it was given', () => {
    const { parameter, ewc, memories } = consolidated({ tasks: [[{ anchor: 1, f: 2 }]], now: [3], lambda: 1 })
    memories[0]!.fisher.fill(9)
    parameter.data.fill(4)
    // (1 / 2) 2 (4 - 1)^2
    expect(ewc.penalty([parameter])).toBe(9)
  })
})

describe('two consolidations in numbers', () => {
  const draw: Drawn = {
    tasks: [
      [
        { anchor: 0, f: 1 },
        { anchor: 1, f: 0 },
      ],
      [
        { anchor: 2, f: 3 },
        { anchor: 5, f: 0.5 },
      ],
    ],
    now: [4, 6],
    lambda: 2,
  }

  it('meet at the mean of the anchors, weighted by the Fishers, and leave a constant', () => {
    const { parameter, ewc } = consolidated(draw)
    const quadratic = ewc.quadratic([parameter]) as Quadratic
    // (1 * 0 + 3 * 2) / 4; nothing held the second element before
    expect(quadratic.of(parameter)).toEqual({
      precision: Float32Array.of(4, 0.5),
      anchor: Float32Array.of(1.5, 5),
    })
    // 1 * 3 / 4 * 2^2
    expect(quadratic.constant).toBe(3)
    expect(quadratic.largest).toBe(4)
    // (4 - 0)^2 + 3 (4 - 2)^2 + 0.5 (6 - 5)^2
    expect(ewc.penalty([parameter])).toBe(28.5)
    expect(ewc.tasks).toBe(2)
  })

  it('cost, where the second task ended, what the first one says', () => {
    const { parameter, ewc } = consolidated(draw)
    parameter.data.set([2, 5])
    expect(ewc.penalty([parameter])).toBe(4)
    expect(consolidated({ ...draw, tasks: draw.tasks.slice(0, 1) }).ewc.tasks).toBe(1)
  })

  it('is at rest, to the bit, where only the last task needs an element', () => {
    // 0.1 + (0.7 - 0.1) is not 0.7 in float32
    const parameter = new Parameter('p', [2], Float32Array.of(0.1, 0.1))
    const ewc = new Ewc({ lambda: 1 })
    ewc.add(new Map([[parameter, Float32Array.of(1, 0)]]))
    for (const value of [0.7, -1.9, 0.33]) {
      parameter.data.fill(value)
      const fresh = new Ewc({ lambda: 1 })
      fresh.restore([parameter], ewc.state([parameter]))
      fresh.add(new Map([[parameter, Float32Array.of(0, 3)]]))
      expect(fresh.quadratic([parameter])?.of(parameter)?.anchor[1]).toBe(parameter.data[1])
    }
  })
})
