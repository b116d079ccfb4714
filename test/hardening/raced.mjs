// Runs workers of node that compute at once, share the pool, and are ended in the middle, with an addon built with the thread
// sanitizer. Node itself is not built with it, so that what synchronizes its own threads is not seen: only what is
// reported of the addon's own code counts.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const SIZE = 160
const ROUNDS = 15
const CROWD = 4
const [, program, addon] = process.argv

if (!isMainThread) {
  const compute = computing(workerData)
  parentPort.postMessage('at work')
  for (;;) compute()
} else if (addon) await race()
else await judge()

/** several kernels that divide their work among threads */
function computing(path) {
  const native = createRequire(import.meta.url)(path)
  const [a, b, c, d] = Array.from({ length: 4 }, (_, i) => new Float32Array(SIZE * SIZE).fill(i / 4))
  return () => {
    native.matmulNT(SIZE, SIZE, SIZE, a, b, null, c, false, false)
    native.softmax(SIZE, SIZE, c, d)
    native.matmulTN(SIZE, SIZE, SIZE, d, b, null, c, false, true)
    return native
  }
}

async function race() {
  const compute = computing(addon)
  const { setThreads, forkJoins } = compute()
  const one = async (turn) => {
    const worker = new Worker(program, { workerData: addon })
    await once(worker, 'message')
    await setTimeout(turn)
    compute()
    await worker.terminate()
  }
  for (let round = 0; round < ROUNDS; round++) {
    // threads come and go under those that compute
    setThreads(1 + (round % 4))
    await Promise.all(Array.from({ length: CROWD }, (_, turn) => one(turn)))
  }
  // when nobody else has the pool, work is shared
  setThreads(3)
  const before = forkJoins()
  for (const end = Date.now() + 20_000; forkJoins() === before && Date.now() < end; ) compute()
  if (forkJoins() === before) throw new Error('no call was shared among threads')
}

async function judge() {
  const { root, sanitize } = await import('./sanitizer.mjs')
  const place = join(root, 'build-tsan')
  const library = sanitize(place, 'thread', 'libtsan.so')
  const logs = mkdtempSync(join(tmpdir(), 'palimpsest-race-'))
  execFileSync(process.execPath, [program, join(place, 'build/Release/palimpsest.node')], {
    stdio: 'inherit',
    timeout: 300_000,
    env: { ...process.env, LD_PRELOAD: library, TSAN_OPTIONS: `exitcode=0:log_path=${logs}/log` },
  })
  const said = readdirSync(logs).flatMap((name) => readFileSync(join(logs, name), 'utf8').split(/^={18}$/m))
  rmSync(logs, { recursive: true })
  const reports = said.filter((text) => text.includes('WARNING: ThreadSanitizer'))
  const own = reports.filter((text) => text.includes('palimpsest.node'))
  for (const text of own) process.stderr.write(text)
  const others = reports.length - own.length
  process.stdout.write(`${own.length} races of the addon; ${others} reports of what node was not built to tell\n`)
  if (own.length > 0) process.exitCode = 1
}
