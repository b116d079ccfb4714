import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { Tape } from '../autograd/tape.ts'
import { batches } from '../data/batches.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { Random } from '../tensor/random.ts'
import { storageOf } from '../tensor/tensor.ts'
import { checkSet } from './checks.ts'
import { everyClass } from './fisher.ts'

/** The Kronecker factors of one linear layer with weight [O, I] and a bias. */
export interface Factors {
  /** [O], the layer's */
  readonly bias: Parameter
  /** whether its outputs are the network's */
  readonly last: boolean
  /** [I, I], mean of x x^T over the samples, x what goes into the layer */
  readonly a: Float32Array
  /** [I], mean of x: the column that the bias, whose input is 1, has in A */
  readonly aBias: Float32Array
  /** [O, O], mean over samples, expected over the model's softmax, of g g^T, g = d log p_c / d output of the layer */
  readonly g: Float32Array
}

/** How {@link kroneckerFactors} looks at a set. */
export interface FactorsOptions {
  /** how many samples, drawn without replacement; all of the set, in order, unless it has more */
  readonly samples?: number
  /** draws them */
  readonly random: Random
}

// fixed: the order of sums, and with it the bits, depend on it
const CHUNK = 400

/**
 * The factors of every linear layer, by its weight (Martens and Grosse 2015, arXiv:1503.05671, section 3), BatchNorm in
 * evaluation mode. The expectation over classes takes C backward sweeps.
 * @throws PalimpsestError `NO_SQUARED_GRADIENT` when no layer is linear, `PARAMETER_REUSED`, `SHAPE`, `LABEL_OUT_OF_RANGE`
 */
export function kroneckerFactors(
  model: Classifier,
  set: LabelledSet,
  { samples = set.count, random }: FactorsOptions,
): Map<Parameter, Factors> {
  checkSet(model, set)
  const count = Math.min(samples, set.count)
  const totals = new Map<Parameter, Totals>()
  const tape = new Tape()
  for (const { x, y } of batches(set, { size: CHUNK, shuffle: count < set.count, seed: random, samples, reuse: true }))
    tape.step(() => {
      const logits = model.forward(tape.input(x, [y.length, set.features]), 'evaluation')
      const [batch, classes] = logits.shape
      const probabilities = tape.scratch(logits.size)
      native.softmax(batch, classes, storageOf(logits), probabilities)
      const squares = new Map<Parameter, Float32Array>()
      tape.backwardRows(logits, everyClass(probabilities, batch, classes), model.parameters(), ({ op, inputs }, dY) => {
        if (op.name !== 'linear') return
        const [input, weight, bias] = inputs as [Parameter, Parameter, Parameter]
        const [outputs, width] = weight.shape as readonly [number, number]
        const total = totals.get(weight) ?? { bias, ...zeros(width, outputs) }
        totals.set(weight, total)
        const square = squares.get(weight)
        const g = square ?? tape.scratch(outputs * outputs)
        native.matmulTN(outputs, outputs, batch, dY, dY, null, g, square !== undefined, false)
        if (square) return
        squares.set(weight, g)
        const [a, aBias] = [tape.scratch(width * width), tape.scratch(width)]
        native.matmulTN(width, width, batch, storageOf(input), storageOf(input), null, a, false, false)
        native.columnSums(batch, width, storageOf(input), aBias)
        native.accumulate(a, total.a)
        native.accumulate(aBias, total.aBias)
      })
      for (const [weight, g] of squares) native.accumulate(g, (totals.get(weight) as Totals).g)
    })
  if (totals.size === 0)
    throw new PalimpsestError('NO_SQUARED_GRADIENT', 'the model has no linear layer, and Kronecker factors are theirs')
  const mean = (sums: Float64Array) => Float32Array.from(sums, (sum) => sum / count)
  const final = model.parameters().findLast((parameter) => totals.has(parameter))
  return new Map(
    [...totals].map(([weight, { bias, a, aBias, g }]) => [
      weight,
      { bias, last: weight === final, a: mean(a), aBias: mean(aBias), g: mean(g) },
    ]),
  )
}

type Totals = { readonly bias: Parameter } & Readonly<Record<'a' | 'aBias' | 'g', Float64Array>>

const zeros = (inputs: number, outputs: number) => ({
  a: new Float64Array(inputs * inputs),
  aBias: new Float64Array(inputs),
  g: new Float64Array(outputs * outputs),
})
