// A process whose workers are ended in the middle of kernels, 1,000 times, while a thousand more are begun. It prints what
// is left of them.
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [, , bindings, total] = process.argv
const SIZE = 192
// at a time: more than the machine has processors, so that some end while they wait for their turn
const CROWD = 8

const values = (seed) => Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * seed) % 97) / 97 - 0.5)
const [a, b] = [values(31), values(57)]

/** one call of each of several kernels that several threads share */
function compute(native) {
  const [c, d] = [new Float32Array(SIZE * SIZE), new Float32Array(SIZE * SIZE)]
  native.matmulNT(SIZE, SIZE, SIZE, a, b, null, c, false, false)
  native.softmax(SIZE, SIZE, c, d)
  native.matmulTN(SIZE, SIZE, SIZE, d, b, null, c, false, true)
  return Buffer.concat([Buffer.from(c.buffer), Buffer.from(Float64Array.of(native.sum(d)).buffer)])
}

const threads = () => readdirSync('/proc/self/task').length
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024

async function settled() {
  globalThis.gc?.()
  await setTimeout(100)
  globalThis.gc?.()
  return { threads: threads(), resident: resident() }
}

/** begins workers and ends each as soon as it is inside its kernels */
async function churn(count, bitsOf) {
  let [begun, ended, wrong] = [0, 0, 0]
  const one = async () => {
    while (begun < count) {
      begun++
      const worker = new Worker(new URL(import.meta.url), { argv: [bindings], workerData: {} })
      await once(worker, 'message')
      // at another place of its loop each time
      await setTimeout(begun % 4)
      await worker.terminate()
      ended++
      if (!bitsOf()) wrong++
    }
  }
  await Promise.all(Array.from({ length: CROWD }, one))
  return { ended, wrong }
}

if (isMainThread) {
  const { native } = await import(bindings)
  native.setThreads(1)
  const expected = compute(native)
  native.setThreads(3)
  const right = () => compute(native).equals(expected)
  // what the first crowds leave is kept for the next, and no leak
  await churn(Math.ceil(total / 5), right)
  const before = await settled()
  const { ended, wrong } = await churn(Number(total), right)
  const after = await settled()
  const calls = native.forkJoins()
  for (const end = Date.now() + 20_000; native.forkJoins() === calls && Date.now() < end; ) compute(native)
  process.stdout.write(
    JSON.stringify({
      ended,
      wrong,
      shares: native.forkJoins() > calls,
      threads: after.threads - before.threads,
      megabytes: after.resident - before.resident,
    }),
  )
} else {
  const { native } = await import(bindings)
  parentPort.postMessage(workerData)
  for (;;) compute(native)
}
