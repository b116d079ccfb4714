import { PalimpsestError } from '../../bindings/errors.ts'
import type { LabelledSet } from '../data/set.ts'
import type { Classifier } from '../nn/module.ts'

/** @throws PalimpsestError `SHAPE` or `LABEL_OUT_OF_RANGE` unless the model takes the set's samples and has its classes */
export function checkSet({ inputs, outputs }: Classifier, set: LabelledSet): void {
  if (set.features !== inputs)
    throw new PalimpsestError('SHAPE', `${set.name} has ${set.features} features, the model takes ${inputs}`)
  if (set.classes > outputs)
    throw new PalimpsestError(
      'LABEL_OUT_OF_RANGE',
      `${set.name} has ${set.classes} classes, the model ${outputs} outputs`,
    )
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless value is one of the known */
export function oneOf<T extends string>(name: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value
  throw new PalimpsestError('INVALID_ARGUMENT', `${name} is '${value}', expected one of ${known.join(', ')}`)
}

/** @throws PalimpsestError `INVALID_ARGUMENT` unless value is a whole number in the range */
export function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new PalimpsestError('INVALID_ARGUMENT', `${name} is ${value}, expected a whole number from ${least} to ${most}`)
}
