import { PalimpsestError } from '../../bindings/errors.ts'
import { MOST_THREADS, native } from '../../bindings/native.ts'

/**
 * How many threads work on one kernel, the calling one included; with an argument, from now on. The number is the
 * process's: its workers share one pool, and one that finds the pool serving another works alone. At first it is
 * `PALIMPSEST_THREADS`, else the cores that the process may use. Results do not depend on it, not by a bit.
 * @param count - from 1 to 256
 * @throws PalimpsestError `INVALID_ARGUMENT` for any other count; the number is then as it was
 */
export function threads(count?: number): number {
  if (count !== undefined) {
    if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS)
      throw new PalimpsestError(
        'INVALID_ARGUMENT',
        `threads: count is ${String(count)}, expected a whole number from 1 to ${MOST_THREADS}`,
      )
    native.setThreads(count)
  }
  return native.threads()
}
