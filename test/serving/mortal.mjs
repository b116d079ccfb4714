// Loaded before a program: SIGUSR2 ends the thread that it started last, which nothing else can do from outside.
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

if (threads.isMainThread) {
  let last = null
  threads.Worker = class extends threads.Worker {
    constructor(...given) {
      super(...given)
      last = this
    }
  }
  syncBuiltinESMExports()
  process.on('SIGUSR2', () => last.terminate())
}
