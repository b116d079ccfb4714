import { expect } from 'vitest'
import { mul, Parameter, sum, Tape } from '../src/autograd.ts'
import type { Shape } from '../src/tensor/shape.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { type Numbers64, total } from './oracle.ts'

/** the unit roundoff of float32 */
export const U = 2 ** -24

/** One call of an operation: our float32 one, its float64 oracle, and how far rounding may take them apart. */
export interface Instance {
  readonly inputs: readonly { readonly shape: Shape; readonly values: Float32Array }[]
  readonly run: (...inputs: Tensor[]) => Tensor
  readonly oracle: (...inputs: Numbers64[]) => Numbers64
  /** largest error of an element of the output, in units of `U` */
  readonly outputBound: number
  /** largest error of an element of each input's gradient, for weights of the output in [-1, 1], in units of `U` */
  readonly gradientBounds: readonly number[]
}

const to64 = (values: ArrayLike<number>): Numbers64 => Float64Array.from(values)

export function within(actual: ArrayLike<number>, expected: ArrayLike<number>, bound: number, what: string): void {
  expect(actual.length, what).toBe(expected.length)
  for (let i = 0; i < actual.length; i++) {
    const [got, want] = [actual[i] as number, expected[i] as number]
    if (!(Math.abs(got - want) <= bound)) expect.fail(`${what}[${i}] is ${got}, the oracle says ${want} +- ${bound}`)
  }
}

/** The output against the oracle's. */
export function checkForward({ inputs, run, oracle, outputBound }: Instance): void {
  const tape = new Tape()
  const output = tape.step(() => run(...inputs.map(({ values, shape }) => tape.input(values, shape))).read())
  within(output, oracle(...inputs.map(({ values }) => to64(values))), outputBound * U, 'output')
}

/** Our gradients of sum(weights * output), by the tape, a parameter an input. */
export function gradientsOf({ inputs, run }: Instance, weights: Float32Array): Float32Array[] {
  const tape = new Tape()
  const parameters = inputs.map(({ shape, values }, index) => new Parameter(`input ${index}`, shape, values.slice()))
  tape.step(() => {
    const output = run(...parameters.map((parameter) => tape.watch(parameter)))
    tape.backward(sum(mul(output, tape.input(weights, output.shape))), parameters)
  })
  return parameters.map(({ gradient }) => gradient)
}

// small enough for a truncation error h^2 / 6 |f'''| below U, large enough for rounding errors of float64 below U
const H = 2e-5

/** d sum(weights * oracle) / d input, by central differences in float64. */
function slopes({ inputs, oracle }: Instance, weights: Float32Array, index: number): Float64Array {
  const values = inputs.map((input) => to64(input.values))
  const own = values[index] as Numbers64
  const moved = (i: number, to: number): Numbers64 => {
    const copy = own.slice()
    copy[i] = to
    return oracle(...values.with(index, copy))
  }
  return own.map((value, i) => {
    const [above, below] = [moved(i, value + H), moved(i, value - H)]
    const difference = (j: number) => (above[j] as number) - (below[j] as number)
    return total(weights.length, (j) => (weights[j] as number) * difference(j)) / (2 * H)
  })
}

/** Our gradients against central differences of the oracle. */
export function checkGradients(instance: Instance, weights: Float32Array): void {
  gradientsOf(instance, weights).forEach((gradient, index) => {
    const bound = ((instance.gradientBounds[index] as number) + 1) * U
    within(gradient, slopes(instance, weights, index), bound, `gradient of input ${index}`)
  })
}
