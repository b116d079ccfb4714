import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { FloatScores } from './analytic-heads.ts'
import { checkLabels } from './analytic-state.ts'
import type { MethodState } from './method.ts'

type Arrays = MethodState['arrays']

/** what of a state's arrays begins so, without it */
export function within(arrays: Arrays, prefix: string): Arrays {
  const own = Object.entries(arrays).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length), array]))
}

/** the same the other way */
export const prefixed = (arrays: Arrays, prefix: string): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]))

/**
 * A copy of float32 numbers of a state.
 * @throws PalimpsestError `DTYPE`, `LENGTH`, `NON_FINITE`
 */
export function floatsOf(arrays: Arrays, name: string, length: number): Float32Array {
  const array = arrays[name]
  if (!(array instanceof Float32Array)) throw new PalimpsestError('DTYPE', `${name} of the state is not a Float32Array`)
  if (array.length !== length || length === 0)
    throw new PalimpsestError('LENGTH', `${name} of the state holds ${array.length} numbers, expected ${length}`)
  if (!native.allFinite(array)) throw new PalimpsestError('NON_FINITE', `${name} of the state is not finite`)
  const copy = alignedFloats(length)
  copy.set(array)
  return copy
}

export const arraysOfScores = ({ classes, weight, bias }: FloatScores): Arrays => ({
  classes: Float64Array.from(classes),
  weight: weight.slice(),
  bias: bias.slice(),
})

/**
 * Scores of features h [D] of a state.
 * @throws PalimpsestError `DTYPE`, `LENGTH`, `NON_FINITE`, `LABEL_OUT_OF_RANGE`, `INVALID_ARGUMENT`
 */
export function scoresOf(arrays: Arrays, D: number): FloatScores {
  const { classes } = arrays
  if (!(classes instanceof Float64Array)) throw new PalimpsestError('DTYPE', 'classes of the state are no Float64Array')
  checkLabels(classes)
  if (!classes.every((label, c) => c === 0 || label > (classes[c - 1] as number)))
    throw new PalimpsestError('INVALID_ARGUMENT', 'classes of the state do not ascend')
  const [C, weight] = [classes.length, floatsOf(arrays, 'weight', classes.length * D)]
  return { classes: Array.from(classes), weight, bias: floatsOf(arrays, 'bias', C) }
}
