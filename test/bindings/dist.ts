import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const url = new URL('../../dist/bindings/native.js', import.meta.url)

/** The compiled bindings: workers and child processes run no TypeScript. */
export function builtBindings(): string {
  if (!existsSync(fileURLToPath(url)))
    throw new Error("dist/bindings/native.js is missing: run 'npm run build' before the tests")
  return url.href
}
