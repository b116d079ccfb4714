import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// tests read the sources, so that they never judge a stale build; worker and command-line tests run from dist
export default defineConfig({
  resolve: {
    alias: [
      { find: /^palimpsest$/, replacement: here('src/index.ts') },
      { find: 'palimpsest/autograd', replacement: here('src/autograd.ts') },
      { find: 'palimpsest/continual', replacement: here('src/continual/index.ts') },
      { find: 'palimpsest/serving', replacement: here('src/serving/index.ts') },
      { find: 'palimpsest/data', replacement: here('src/data/index.ts') },
      { find: 'palimpsest/persistence', replacement: here('src/persistence/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    typecheck: { enabled: true, tsconfig: 'test/tsconfig.json', include: ['test/**/*.test-d.ts'] },
    testTimeout: 60_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'build/vitest.json' }]] : ['default'],
  },
})
