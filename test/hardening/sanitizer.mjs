import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const { resolve } = createRequire(join(root, 'package.json'))

const SOURCES = ['CMakeLists.txt', 'native', 'bindings', 'package.json']

/**
 * Builds the addon with a sanitizer, from a copy of the sources and of other `parts`: the addon of the project itself stays as it
 * is. Returns the sanitizer's library, to be loaded before node.
 */
export function sanitize(place, sanitizer, library, parts = []) {
  mkdirSync(place, { recursive: true })
  for (const part of [...SOURCES, ...parts]) {
    rmSync(join(place, part), { recursive: true, force: true })
    // times are kept: nothing is compiled twice
    cpSync(join(root, part), join(place, part), { recursive: true, preserveTimestamps: true })
  }
  if (!existsSync(join(place, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
  const headers = createRequire(join(root, 'package.json'))('node-api-headers').include_dir
  const run = (...args) => execFileSync('cmake', args, { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] })
  run('-S', '.', '-B', 'build', `-DCMAKE_JS_INC=${headers}`, `-DPALIMPSEST_SANITIZE=${sanitizer}`)
  run('--build', 'build', '--target', 'palimpsest', '--parallel', '2')
  return execFileSync(process.env.CXX ?? 'g++', [`-print-file-name=${library}`], { encoding: 'utf8' }).trim()
}
