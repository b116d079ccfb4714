// The compiled classifier, and all threads that it has started, for programs that end some.
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

export const workers = []
threads.Worker = class extends threads.Worker {
  constructor(...given) {
    super(...given)
    workers.push(this)
  }
}
syncBuiltinESMExports()
export const { ContinualClassifier } = await import('../../dist/src/serving/index.js')
