import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { projectFile } from '../project.ts'
import type { Found } from './found.ts'

const COMPILERS = [
  process.env.CLANG,
  'clang++',
  'clang++-14',
  'clang++-15',
  'clang++-16',
  'clang++-17',
  'clang++-18',
  'clang++-19',
]
const FOLDER = 'build-fuzz'

/** Why libFuzzer cannot be built here, or the compiler. */
export function compiler(): { readonly clang: string } | { readonly missing: string } {
  if (!existsSync(projectFile('CMakeLists.txt')))
    return { missing: 'the sources of the addon: it is fuzzed in a checkout' }
  const has = (command: string) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
  const clang = COMPILERS.find((name) => name !== undefined && has(name))
  if (!clang) return { missing: 'Clang with libFuzzer (Debian: apt-get install clang libclang-rt-14-dev)' }
  return has('cmake') ? { clang } : { missing: 'CMake 3.20 or newer' }
}

/** Builds every binding and kernel with libFuzzer, the address sanitizer and the undefined-behaviour sanitizer. */
function build(clang: string): string {
  const cmake = (...args: string[]) =>
    execFileSync('cmake', args, { cwd: projectFile('.'), stdio: ['ignore', 'pipe', 'pipe'] })
  cmake('-S', '.', '-B', FOLDER, `-DCMAKE_CXX_COMPILER=${clang}`, '-DPALIMPSEST_FUZZ=ON', '-DPALIMPSEST_SANITIZE=ON')
  cmake('--build', FOLDER, '--target', 'fuzz_bindings', '--parallel', '2')
  return projectFile(`${FOLDER}/bench/fuzz/native/fuzz_bindings`)
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.at(-1) ?? Number.NaN)

/** The whole addon on a stand-in for Node-API, by libFuzzer; what it has found stays in the build folder. */
export async function fuzzBindings(clang: string, seconds: number, seed: number): Promise<Found> {
  const program = build(clang)
  const corpus = projectFile(`${FOLDER}/corpus`)
  const crashes = projectFile(`${FOLDER}/crashes`)
  for (const folder of [corpus, crashes]) mkdirSync(folder, { recursive: true })
  const old = new Set(readdirSync(crashes))
  const options = { max_total_time: seconds, seed, max_len: 600, len_control: 0, print_final_stats: 1, timeout: 20 }
  const flags = Object.entries(options).map(([name, value]) => `-${name}=${value}`)
  const child = spawn(program, [corpus, ...flags, `-artifact_prefix=${crashes}/`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-65_536)
  })
  const [status] = await once(child, 'close')
  const found = readdirSync(crashes).filter((name) => !old.has(name))
  const executions = number(said, /number_of_executed_units:\s*(\d+)/)
  return {
    name: 'bindings',
    executions,
    seconds,
    covered: number(said.slice(said.lastIndexOf(' cov: ')), /cov: (\d+)/),
    unit: 'edges',
    corpus: readdirSync(corpus).length,
    crashes:
      status === 0
        ? []
        : (found.length > 0 ? found : ['it ended']).map((name) => `${join(crashes, name)}\n${said.slice(-4000)}`),
  }
}
