import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

// what the addon refuses, its fallback in WebAssembly refuses, in the same words: the same tests say so
const there = existsSync(new URL('prebuilds/palimpsest.wasm', import.meta.url))
const FILES = ['arrays', 'scalars', 'aliasing', 'argmax', 'predict']

export default defineConfig({
  test: {
    name: 'wasm',
    env: { PALIMPSEST_ISA: 'wasm' },
    include: there ? FILES.map((name) => `test/bindings/${name}.test.ts`) : [],
    // prebuilds.mjs has said why
    passWithNoTests: !there,
    testTimeout: 60_000,
  },
})
