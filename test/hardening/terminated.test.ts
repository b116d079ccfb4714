import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { node } from '../bindings/child.ts'
import { builtBindings } from '../bindings/dist.ts'

const program = fileURLToPath(new URL('terminated.mjs', import.meta.url))
const TIMES = 1000
/** of 1,000 workers, what an allocator keeps; 64 KB that each of them left would be 64 MB */
const MEGABYTES = 48

// a worker's stack, heap and addon are some megabytes each: 1,000 that stayed would be gigabytes
test.skipIf(process.platform !== 'linux')(
  `${TIMES} workers ended in the middle of kernels leave right bits, no thread and no memory`,
  { timeout: 400_000 },
  async () => {
    const args = ['--expose-gc', program, builtBindings(), String(TIMES)]
    const { status, signal, printed } = await node(args, { timeout: 390_000 })
    expect({ status, signal }).toEqual({ status: 0, signal: null })
    const { megabytes, ...left } = JSON.parse(printed)
    expect(left).toEqual({ ended: TIMES, wrong: 0, shares: true, threads: 0 })
    expect(megabytes).toBeLessThan(MEGABYTES)
  },
)
