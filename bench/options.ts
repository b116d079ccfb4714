import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A mistake of the person at the keyboard: its message is all that is shown. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

/** The values of options; an unknown one, or a stray word, is a {@link UsageError}. */
export function parse<T extends Options>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError(`--${name} is '${text}', expected a whole number of at least ${least}`)
}

export function choices<T extends string>(
  name: string,
  given: readonly string[] | undefined,
  known: readonly T[],
): readonly T[] {
  for (const value of given ?? [])
    if (!(known as readonly string[]).includes(value))
      throw new UsageError(`--${name} is '${value}', expected one of ${known.join(', ')}`)
  return given ? known.filter((value) => given.includes(value)) : known
}
