import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// outside of git, and kept for the next run
const FOLDER = fileURLToPath(new URL('../../build/python-safetensors', import.meta.url))

const runs = (command: string, ...args: string[]) =>
  spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 }).status === 0

const has = (python: string) => runs(python, '-c', 'import safetensors')

function installed(): boolean {
  const [pip, python] = [`${FOLDER}/bin/pip`, `${FOLDER}/bin/python`]
  return (
    runs('python3', '-m', 'venv', FOLDER) &&
    runs(pip, 'install', '--quiet', '--retries', '1', '--timeout', '20', '--only-binary', ':all:', 'safetensors') &&
    has(python)
  )
}

/** A Python with the package `safetensors`: the system's, or one that pip supplies; null where there is none. */
export function pythonWithSafetensors(): string | null {
  const known = ['python3', `${FOLDER}/bin/python`].find(has)
  return known ?? (installed() ? `${FOLDER}/bin/python` : null)
}
