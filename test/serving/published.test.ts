import { beforeAll, expect, it } from 'vitest'
import { node } from '../docs/pages.ts'

let told: { readonly refused: readonly unknown[][]; readonly died: readonly string[][] }
beforeAll(() => {
  told = JSON.parse(node('test/serving/published.mjs'))
}, 120_000)

it('a change is known to predictions once its promise is fulfilled, also when the call after it is refused', () => {
  expect(told.refused).toEqual(told.refused.map(() => [true, true, true, true, 'NON_FINITE']))
})

it('a change that was not published when the thread ended is refused with WORKER_DIED, as all after it are', () => {
  for (const [first, ...others] of told.died) {
    expect(first).toBe('done')
    // those before the long one may have been published in time
    for (const one of others) expect(['done', 'WORKER_DIED']).toContain(one)
    expect(others.slice(-2)).toEqual(['WORKER_DIED', 'WORKER_DIED'])
  }
})
