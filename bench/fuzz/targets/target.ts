import { PalimpsestError } from '../../../bindings/errors.ts'

/** Something that takes bytes from anywhere. */
export interface Target {
  readonly name: string
  /** valid inputs, to begin with */
  seeds(): Promise<readonly Uint8Array[]>
  /** Resolves when the input was taken and is sound, or refused as it must be; throws what is wrong with that. */
  run(input: Uint8Array): Promise<'taken' | 'refused'>
}

/** 'refused' for a PalimpsestError of one of these codes; any other outcome but success is thrown. */
export async function judged(codes: readonly string[], run: () => unknown): Promise<'taken' | 'refused'> {
  try {
    await run()
    return 'taken'
  } catch (error) {
    if (error instanceof PalimpsestError && codes.includes(error.code) && error.message !== '') return 'refused'
    throw error
  }
}
