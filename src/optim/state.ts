import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../tensor/aligned.ts'
import type { Parameter } from '../tensor/parameter.ts'
import type { OptimizerState } from './optimizer.ts'

/**
 * @throws PalimpsestError `INVALID_ARGUMENT` unless a state is that of an optimizer of this name with these options, and a
 * learning rate of 0 or more
 */
export function checkState({ name, numbers }: OptimizerState, own: string, options: Record<string, number>): void {
  if (name !== own) throw new PalimpsestError('INVALID_ARGUMENT', `the state is that of '${name}', expected '${own}'`)
  for (const [option, value] of Object.entries(options))
    if (numbers[option] !== value)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `${option} is ${numbers[option]} in the state of ${own}, expected ${value}`,
      )
  const { learningRate = NaN } = numbers
  if (!(learningRate >= 0) || !Number.isFinite(Math.fround(learningRate)))
    throw new PalimpsestError('INVALID_ARGUMENT', `learningRate is ${learningRate} in the state of ${own}`)
}

/**
 * What a state keeps of a parameter, or null: its rows, or fewer, for some may have been added at its end since.
 * @throws PalimpsestError `LENGTH` unless it is whole rows of it, at most all; `INVALID_ARGUMENT` unless it is float32
 */
export function savedOf(
  { arrays }: Pick<OptimizerState, 'arrays'>,
  parameter: Parameter,
  what: string,
): Float32Array | null {
  const name = `${parameter.name}/${what}`
  const saved = arrays[name]
  if (saved === undefined) return null
  if (!(saved instanceof Float32Array)) throw new PalimpsestError('INVALID_ARGUMENT', `${name} is not a Float32Array`)
  const width = parameter.size / (parameter.shape[0] ?? 1)
  if (saved.length === 0 || saved.length > parameter.size || saved.length % width !== 0)
    throw new PalimpsestError(
      'LENGTH',
      `${name} has ${saved.length} numbers, expected ${parameter.size}, or fewer by whole rows of ${width}`,
    )
  return saved
}

/**
 * A copy of what a state keeps of a parameter, or null; rows that the parameter was given since are 0.
 * @throws PalimpsestError as {@link savedOf}; `NON_FINITE`
 */
export function arrayOf(state: OptimizerState, parameter: Parameter, what: string): Float32Array | null {
  const saved = savedOf(state, parameter, what)
  if (!saved) return null
  if (!native.allFinite(saved))
    throw new PalimpsestError('NON_FINITE', `${parameter.name}/${what} holds NaN or infinity`)
  const copy = alignedFloats(parameter.size)
  copy.set(saved)
  return copy
}
