import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A file of this project, from the sources or from dist, which is a folder deeper. */
export function projectFile(path: string): string {
  let folder = new URL('..', import.meta.url)
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/') folder = new URL('..', folder)
  return fileURLToPath(new URL(path, folder))
}
