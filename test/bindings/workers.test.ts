import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { builtBindings } from './dist.ts'

const SIZE = 61

function start(options: { readonly size: number; readonly endless?: boolean }): Worker {
  const workerData = { bindings: builtBindings(), ...options }
  return new Worker(new URL('worker.mjs', import.meta.url), { workerData })
}

/** what a worker says; rejects when it fails */
async function heard(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message')
  return message
}

test('four workers load the addon at once and get the same bits', async () => {
  const workers = Array.from({ length: 4 }, () => start({ size: SIZE }))
  const [first, ...others] = await Promise.all(workers.map(heard))
  expect(first).toMatchObject({ tables: native.tables() })
  expect((first as { sum: number }).sum).toBeCloseTo(SIZE, 4)
  for (const other of others) expect(other).toEqual(first)
  await Promise.all(workers.map((worker) => worker.terminate()))
})

test('a worker terminated while it computes takes nothing with it', async () => {
  for (let round = 0; round < 3; round++) {
    const [doomed, other] = [start({ size: 300, endless: true }), start({ size: 300, endless: true })]
    expect(await Promise.all([heard(doomed), heard(other)])).toEqual(['busy', 'busy'])
    expect(await doomed.terminate()).toBe(1)
    const c = new Float32Array(1)
    native.matmulNT(1, 1, 2, Float32Array.of(2, 3), Float32Array.of(5, 7), null, c, false, false)
    expect(c[0]).toBe(31)
    expect(await other.terminate()).toBe(1)
  }
  const survivor = start({ size: SIZE })
  expect(await heard(survivor)).toHaveProperty('product')
  await survivor.terminate()
})
