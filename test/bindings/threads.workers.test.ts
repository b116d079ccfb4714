import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { node } from './child.ts'
import { builtBindings } from './dist.ts'

const program = fileURLToPath(new URL('crowd.mjs', import.meta.url))

/** what becomes of a process with two threads a kernel that does this */
const crowd = (what: string) =>
  node([program, what, builtBindings()], { timeout: 50_000, env: { PALIMPSEST_THREADS: '2' } })

test('workers that compute at once share one pool and get the bits of one thread', async () => {
  expect(await crowd('together')).toEqual({ status: 0, signal: null, printed: 'same bits' })
})

test('the pool outlives the last worker that loaded the addon', async () => {
  expect(await crowd('alone')).toEqual({ status: 0, signal: null, printed: 'shared' })
})

test('150 workers terminated in the middle of kernels leave a pool that works', async () => {
  expect(await crowd('terminated')).toEqual({ status: 0, signal: null, printed: 'shared' })
})

test('a process ends while workers are inside kernels', async () => {
  for (let round = 0; round < 5; round++) expect(await crowd('exit')).toEqual({ status: 7, signal: null, printed: '' })
})
