import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassifierStore } from '../../../src/serving/index.ts'
import type { Scenario } from '../scenario.ts'
import { INPUTS, names, x } from './data.ts'

const TENANTS = 8
// room for some of them
const BUDGET = 2 ** 20

/** a store whose tenants do not all fit: they come, learn, answer, leave, come again, and one is removed */
export const stores: Scenario = {
  name: 'stores',
  async round(index) {
    const folder = await mkdtemp(join(tmpdir(), 'palimpsest-soak-'))
    try {
      await using store = await ClassifierStore.open(folder, { inputs: INPUTS, budget: BUDGET, workers: 2 })
      for (let turn = 0; turn < 2 * TENANTS; turn++) {
        await using tenant = await store.open(`tenant ${(index + turn * 3) % TENANTS}`)
        await tenant.learn(x, names)
        tenant.predict(x.subarray(0, INPUTS))
      }
      await store.remove(`tenant ${index % TENANTS}`)
      const { evictions, residents } = store.report()
      if (evictions === 0 || residents === 0)
        throw new Error(
          `${evictions} tenants left and ${residents} stayed: the budget is no longer what it was meant to be`,
        )
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}
