// Builds the addon with cmake-js, offline, and says in plain words what is missing when it cannot.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const has = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
const compilers = [process.env.CXX, 'c++', 'g++', 'clang++', 'cl'].filter(Boolean)

const missing = [
  ...(has('cmake') ? [] : ['CMake 3.20 or newer']),
  ...(compilers.some(has) ? [] : ['a C++20 compiler (GCC 11, Clang 14 or newer)']),
]
if (missing.length > 0) {
  console.error(`palimpsest: cannot build the addon, this is missing: ${missing.join(' and ')}.
  Debian, Ubuntu:  sudo apt-get install g++ make cmake
  Fedora:          sudo dnf install gcc-c++ make cmake
  macOS:           xcode-select --install && brew install cmake
Then run 'npm run build' again.`)
  process.exit(1)
}

const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js')
const build = spawnSync(
  process.execPath,
  [cmakeJs, 'build', '--out', 'build', '--config', 'Release', '--log-level', 'warn'],
  {
    encoding: 'utf8',
  },
)
if (build.status !== 0) {
  console.error(
    `${build.stdout}\n${build.stderr}\npalimpsest: the addon did not compile; the compiler's words are above.`,
  )
  process.exit(build.status ?? 1)
}
