// Runs the tests of the bindings with an addon built with the address and undefined-behaviour sanitizers, inside node.
// The sources are copied, so that the addon of the project itself stays as it is.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// node frees little at its end, and V8 looks below its stack on purpose
const OPTIONS = {
  ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
}
// those that need no build of JavaScript, and judge no memory, of which the sanitizer keeps what was freed
const TESTS = [
  ...['aliasing', 'arrays', 'scalars', 'argmax', 'predict.test'].map((name) => `test/bindings/${name}`),
  'test/hardening/entries',
]

const root = fileURLToPath(new URL('../..', import.meta.url))
const place = join(root, 'build-asan')

mkdirSync(place, { recursive: true })
for (const part of [
  'CMakeLists.txt',
  'native',
  'bindings',
  'src',
  'bench',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]) {
  rmSync(join(place, part), { recursive: true, force: true })
  // times are kept: nothing is compiled twice
  cpSync(join(root, part), join(place, part), { recursive: true, preserveTimestamps: true })
}
if (!existsSync(join(place, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))

const headers = createRequire(join(root, 'package.json'))('node-api-headers').include_dir
const run = (command, ...args) => execFileSync(command, args, { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] })
run('cmake', '-S', '.', '-B', 'build', `-DCMAKE_JS_INC=${headers}`, '-DPALIMPSEST_SANITIZE=ON')
run('cmake', '--build', 'build', '--target', 'palimpsest', '--parallel', '2')

const library = execFileSync(process.env.CXX ?? 'g++', ['-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).trim()
const vitest = join(dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs')
const tests = ['run', '--typecheck.enabled=false', '--reporter=dot', ...TESTS]
const { status, signal } = spawnSync(process.execPath, [vitest, ...tests], {
  cwd: place,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, ...OPTIONS, LD_PRELOAD: library, PALIMPSEST_THREADS: '2' },
})
if (signal) throw new Error(`the tests ended by ${signal}`)
process.exitCode = status ?? 1
