import { PalimpsestError } from '../../bindings/errors.ts'
import { triangle } from './analytic-heads.ts'
import type { SumsArrays } from './analytic-sums.ts'
import { numbersOf } from './anchors.ts'
import { allFinite } from './finite.ts'
import type { MethodState } from './method.ts'

const MOST_LABEL = 65_535

/** @throws PalimpsestError `LABEL_OUT_OF_RANGE` unless all are whole numbers from 0 to 65535 */
export function checkLabels(labels: ArrayLike<number>): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number
    if (!Number.isInteger(label) || label < 0 || label > MOST_LABEL)
      throw new PalimpsestError(
        'LABEL_OUT_OF_RANGE',
        `label ${label} of sample ${row} is not a whole number from 0 to ${MOST_LABEL}`,
      )
  }
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless a state's numbers of these names are these */
export function checkNumbers(numbers: MethodState['numbers'], expected: MethodState['numbers']): void {
  for (const [name, value] of Object.entries(expected))
    if (numbers[name] !== value)
      throw new PalimpsestError('INVALID_ARGUMENT', `the state has ${name} ${numbers[name]}, not ${value}`)
}

/** What an Analytic is made for: its options of these names. */
interface Kind {
  readonly inputs: number
  readonly features: number
  readonly seed: number
  readonly removable: boolean
}

/**
 * The sums that a state of Analytic holds, for one of this kind.
 * @throws PalimpsestError `INVALID_ARGUMENT`, `DTYPE`, `LENGTH`, `NON_FINITE`, `LABEL_OUT_OF_RANGE`
 */
export function sumsOf(state: MethodState, { inputs, features, seed, removable }: Kind): SumsArrays {
  const D = features || inputs
  const numbers = numbersOf(state, 'analytic', ['inputs', 'features', 'seed', 'removable'])
  checkNumbers(numbers, { inputs, features, removable: Number(removable), ...(features > 0 ? { seed } : {}) })

  const arrayOf = (name: keyof SumsArrays, length: number | null): Float64Array => {
    const array = state.arrays[name]
    if (!(array instanceof Float64Array))
      throw new PalimpsestError('DTYPE', `${name} of the state is not a Float64Array`)
    if (array.length !== (length ?? array.length))
      throw new PalimpsestError('LENGTH', `${name} of the state holds ${array.length} numbers, expected ${length}`)
    if (!allFinite(array)) throw new PalimpsestError('NON_FINITE', `${name} of the state is not finite`)
    return array
  }
  const classes = arrayOf('classes', null)
  checkLabels(classes)
  if (new Set(classes).size !== classes.length)
    throw new PalimpsestError('INVALID_ARGUMENT', 'the state names a class twice')
  const counts = arrayOf('counts', classes.length)
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0))
    throw new PalimpsestError('INVALID_ARGUMENT', 'counts of the state are not whole numbers of at least 1')
  const gram = arrayOf('gram', triangle(D) * (removable ? classes.length : 1))
  return { classes, counts, sums: arrayOf('sums', classes.length * D), gram }
}
