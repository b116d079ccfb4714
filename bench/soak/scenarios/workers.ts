import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Scenario } from '../scenario.ts'

const PROGRAM = new URL('../worker.js', import.meta.url)

/** a thread that trains, ended by itself or in the middle */
export const workers: Scenario = {
  name: 'workers',
  async round(index) {
    const worker = new Worker(PROGRAM, { workerData: { steps: index % 2 === 0 ? 20 : Number.POSITIVE_INFINITY } })
    await once(worker, 'message')
    if (index % 2 === 0) await once(worker, 'exit')
    else await worker.terminate()
  },
}
