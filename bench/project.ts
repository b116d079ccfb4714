import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Report } from './report.ts'

/** A file of this project, from the sources or from dist, which is a folder deeper. */
export function projectFile(path: string): string {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/') folder = new URL('..', folder)
  return fileURLToPath(new URL(path, folder))
}

/** What a bench wrote when its results were committed: `bench/results/<name>.json`. */
export const committed = <R extends Report = Report>(name: string): R =>
  JSON.parse(readFileSync(projectFile(`bench/results/${name}.json`), 'utf8')) as R
