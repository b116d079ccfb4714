import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PalimpsestError } from '../../bindings/errors.ts'
import { here, require } from '../../bindings/here.ts'

/**
 * The file that the threads of serving run: in the compiled package, which a bundle may be beside.
 * @throws PalimpsestError `ADDON_MISSING`
 */
export function workerFile(): string {
  const own = fileURLToPath(new URL('../src/serving/worker.js', here))
  if (existsSync(own)) return own
  try {
    return require.resolve('palimpsest/serving').replace(/index\.js$/, 'worker.js')
  } catch (cause) {
    throw new PalimpsestError(
      'ADDON_MISSING',
      `there is no ${own}, which the thread that learns runs, and no package palimpsest from here: keep node_modules ` +
        "where a bundle runs, or leave 'palimpsest' out of it",
      { cause },
    )
  }
}
