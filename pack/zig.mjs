// The compiler of what the tarball carries: Zig's, from its Python wheel, which has a C++ library and the interface of
// every glibc of every processor with it. Put into build/zig the first time.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const VERSION = '0.17.1'
const folder = join(root, 'build', 'zig', VERSION)

/** what a command printed; an Error with its words when it failed */
export function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: root, ...options })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.slice(0, 6).join(' ')} ...: ${error?.message ?? `${stdout}${stderr}`.trim()}`)
}

const python = () =>
  ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help'], { stdio: 'ignore' }).status === 0)

/** The compiler's program. */
export function zig() {
  const program = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
  const where = ['-c', 'import ziglang, os; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))']
  if (existsSync(program)) {
    const found = spawnSync(program, where, { encoding: 'utf8' })
    if (found.status === 0) return found.stdout.trim()
  }
  const found = python()
  if (!found)
    throw new Error(
      "Python 3 with venv and pip is missing, which brings the compiler of the prebuilt addons (package 'ziglang'); " +
        'Debian, Ubuntu: sudo apt-get install python3-venv',
    )
  run(found, ['-m', 'venv', folder])
  run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ziglang==${VERSION}`])
  return run(program, where).trim()
}
