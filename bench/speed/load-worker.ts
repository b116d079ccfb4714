import { parentPort } from 'node:worker_threads'
import { loadFashionMnist, loadMnist } from '../../src/data/index.ts'

const started = performance.now()
await loadMnist()
await loadFashionMnist()
parentPort?.postMessage((performance.now() - started) / 1000)
