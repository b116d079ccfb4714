// A process in which several workers share the pool. What it does is its first argument.
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [, , what, bindings] = process.argv
const SIZE = 160

const values = (seed) => Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * seed) % 97) / 97 - 0.5)
const [a, b] = [values(31), values(57)]
const say = (text) => process.stdout.write(text)

function compute(native) {
  const c = new Float32Array(SIZE * SIZE)
  native.matmulNT(SIZE, SIZE, SIZE, a, b, null, c, false, false)
  return c
}

async function busy(endless) {
  const worker = new Worker(new URL(import.meta.url), { argv: [what, bindings], workerData: { endless } })
  const [answer] = await once(worker, 'message')
  return { worker, answer }
}

const crowd = (count, endless) => Promise.all(Array.from({ length: count }, () => busy(endless)))
const endAll = (workers) => Promise.all(workers.map(({ worker }) => worker.terminate()))

const DO = {
  // workers alone have the addon: with the last of them it would be unloaded under the feet of the pool's threads
  async alone() {
    for (let round = 0; round < 5; round++) {
      await endAll(await crowd(2, false))
      await setTimeout(20)
    }
    const [{ worker, answer }] = await crowd(1, false)
    await worker.terminate()
    say(answer.calls > 0 ? 'shared' : 'never shared')
  },
  async terminated() {
    const { native } = await import(bindings)
    for (let round = 0; round < 50; round++) {
      const workers = await crowd(3, true)
      compute(native)
      await endAll(workers)
    }
    const calls = native.forkJoins()
    for (const end = Date.now() + 20_000; native.forkJoins() === calls && Date.now() < end; ) compute(native)
    say(native.forkJoins() > calls ? 'shared' : 'never shared')
  },
  async together() {
    const { native } = await import(bindings)
    const workers = await crowd(4, false)
    native.setThreads(1)
    const alone = Buffer.from(compute(native).buffer)
    const same = workers.every(({ answer }) => answer.results.every((bits) => alone.equals(bits)))
    await endAll(workers)
    say(same && native.forkJoins() > 0 ? 'same bits' : 'other bits')
  },
  async exit() {
    await crowd(3, true)
    process.exit(7)
  },
}

if (isMainThread) await DO[what]()
else {
  const { native } = await import(bindings)
  const results = []
  for (let i = 0; i < (workerData.endless ? 1 : 200); i++) results.push(Buffer.from(compute(native).buffer))
  parentPort.postMessage({ results, calls: native.forkJoins() })
  while (workerData.endless) compute(native)
  parentPort.on('message', () => {})
}
