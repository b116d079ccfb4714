import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mul, type Power, sum, Tape } from '../../src/autograd.ts'
import { OPS } from '../../src/ops/index.ts'
import { U } from '../gradcheck.ts'
import { stream, uniform } from '../numbers.ts'
import { type Graph, graph, MIDDLES } from './squared.ts'

/** a sample at a time, a seed at a time, by plain backward, powers summed in float64 */
function loop(
  { batch, outputs, parameters, forward }: Graph,
  seeds: readonly Float32Array[],
  power: Power,
): Float64Array[] {
  const tape = new Tape()
  const totals = parameters.map(({ size }) => new Float64Array(size))
  for (let row = 0; row < batch; row++)
    for (const seed of seeds)
      tape.step(() => {
        const weights = tape.input(seed.slice(row * outputs, (row + 1) * outputs), [1, outputs])
        tape.backward(sum(mul(forward(tape, row, row + 1), weights)), parameters)
        parameters.forEach(({ gradient }, index) => {
          gradient.forEach((value, i) => {
            totals[index]![i]! += power === 'squares' ? value * value : Math.abs(value)
          })
        })
      })
  return totals
}

function squared({ batch, parameters, forward }: Graph, seeds: Iterable<Float32Array>, power?: Power): Float64Array[] {
  const tape = new Tape()
  const totals = new Map(parameters.map((parameter) => [parameter, new Float64Array(parameter.size)]))
  tape.step(() => tape.backwardSquared(forward(tape, 0, batch), seeds, totals, power))
  return [...totals.values()]
}

const size = (max: number) => fc.integer({ min: 1, max })
const sizes = fc.record({ batch: size(9), inputs: size(7), width: size(7), outputs: size(5) })

const CASES = Object.entries(MIDDLES).flatMap(([name, middles]) =>
  middles === 'mixes'
    ? []
    : middles.flatMap((middle, index) =>
        (['squares', 'magnitudes'] as const).map((power) => [`${name} ${index}`, power, middle] as const),
      ),
)

test.each(CASES)('%s between two layers: %s as a loop over samples has them', (_, power, middle) => {
  fc.assert(
    fc.property(sizes, size(4), fc.integer(), (sizes, count, seed) => {
      const made = graph(middle, sizes, seed)
      const next = stream(seed + 1)
      const seeds = Array.from({ length: count }, () => uniform(next, sizes.batch * sizes.outputs, -1, 1))
      const expected = loop(made, seeds, power)
      // a row has the same bits alone and in its batch, and no term is negative: what remains is the rounding of
      // squares and products (at most 16 U) and of their sums over samples and seeds
      const tolerance = (sizes.batch + count + 16) * U
      squared(made, seeds, power).forEach((totals, index) => {
        totals.forEach((total, i) => {
          const want = expected[index]![i] as number
          if (!(Math.abs(total - want) <= tolerance * want + 1e-37))
            expect.fail(`${made.parameters[index]?.name}[${i}] is ${total}, the loop says ${want}`)
        })
      })
    }),
    { numRuns: 60 },
  )
})

test('every operation that has squares of its own is among them', () => {
  for (const op of Object.values(OPS)) if (op.squared) expect(MIDDLES[op.name]).not.toBe('mixes')
  for (const [name, middles] of Object.entries(MIDDLES))
    if (middles === 'mixes') expect(OPS[name as keyof typeof OPS].squared).toBeUndefined()
})

describe('totals', () => {
  const sizes = { batch: 3, inputs: 4, width: 5, outputs: 2 }
  const made = graph(() => (hidden) => hidden, sizes, 1)
  const seed = uniform(stream(2), 6)

  test('are added to', () => {
    const tape = new Tape()
    const totals = new Map(made.parameters.map((parameter) => [parameter, new Float64Array(parameter.size)]))
    for (let times = 0; times < 2; times++)
      tape.step(() => tape.backwardSquared(made.forward(tape, 0, 3), [seed], totals))
    squared(made, [seed]).forEach((once, index) => {
      expect([...totals.values()][index]).toEqual(once.map((value) => 2 * value))
    })
  })

  test('are those of the parameters that are asked for alone', () => {
    const tape = new Tape()
    const all = squared(made, [seed])
    made.parameters.forEach((parameter, index) => {
      const totals = new Map([[parameter, new Float64Array(parameter.size)]])
      tape.step(() => tape.backwardSquared(made.forward(tape, 0, 3), [seed], totals))
      expect(totals.get(parameter)).toEqual(all[index])
    })
  })

  test('are 0 where the output does not depend on the parameter', () => {
    const tape = new Tape()
    const other = graph(() => (hidden) => hidden, sizes, 3).parameters[0]!
    const totals = new Map([[other, new Float64Array(other.size)]])
    tape.step(() => tape.backwardSquared(made.forward(tape, 0, 3), [seed], totals))
    expect(totals.get(other)).toEqual(new Float64Array(other.size))
  })

  test('do not change gradients', () => {
    const before = made.parameters.map(({ gradient }) => gradient.fill(7).slice())
    squared(made, [seed])
    expect(made.parameters.map(({ gradient }) => gradient)).toEqual(before)
  })

  test('come of seeds that one buffer holds after each other', () => {
    const other = uniform(stream(9), 6)
    function* reused() {
      const buffer = new Float32Array(6)
      for (const values of [seed, other]) {
        buffer.set(values)
        yield buffer
      }
    }
    expect(squared(made, reused())).toEqual(squared(made, [seed, other]))
  })
})
