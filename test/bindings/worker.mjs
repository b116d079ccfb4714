// Loads the built bindings in a worker and computes: once, or until it is terminated.
import { parentPort, workerData } from 'node:worker_threads'

const { native } = await import(workerData.bindings)

const n = workerData.size
const values = (seed) => Float32Array.from({ length: n * n }, (_, i) => Math.fround(((i * seed) % 97) / 97 - 0.5))
const [a, b, c] = [values(31), values(57), new Float32Array(n * n)]
const compute = () => native.matmulNT(n, n, n, a, b, null, c, false, false)

compute()
if (workerData.endless) {
  parentPort.postMessage('busy')
  for (;;) compute()
}
native.softmax(n, n, c, a)
parentPort.postMessage({ product: c, softmax: a, sum: native.sum(a), tables: native.tables() })
