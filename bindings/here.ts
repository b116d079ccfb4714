import { createRequire } from 'node:module'
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'

// a bundle in CommonJS has no import.meta; `node -e` has a __filename that is none
/** the URL of this file, or of the bundle that it is in */
export const here: string =
  typeof __filename === 'string' && isAbsolute(__filename) ? pathToFileURL(__filename).href : import.meta.url

/** finds what lies beside it, and packages */
export const require: NodeJS.Require = createRequire(here)
