// Runs the tests of the bindings with an addon built with the address and undefined-behaviour sanitizers, inside node.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { resolve, root, sanitize } from './sanitizer.mjs'

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

const place = join(root, 'build-asan')
const library = sanitize(place, 'ON', 'libasan.so', ['src', 'bench', 'test', 'tsconfig.json', 'vitest.config.ts'])
const vitest = join(dirname(resolve('vitest/package.json')), 'vitest.mjs')
const tests = ['run', '--typecheck.enabled=false', '--reporter=dot', ...TESTS]
const { status, signal } = spawnSync(process.execPath, [vitest, ...tests], {
  cwd: place,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, ...OPTIONS, LD_PRELOAD: library, PALIMPSEST_THREADS: '2' },
})
if (signal) throw new Error(`the tests ended by ${signal}`)
process.exitCode = status ?? 1
