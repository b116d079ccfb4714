import { setMaxListeners } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type ErrorCode, PalimpsestError } from '../../bindings/errors.ts'
import { writeAtomically } from '../persistence/file.ts'
import type { CallName, Calls, Reply, Request } from './messages.ts'
import type { Snapshot } from './snapshot.ts'
import { workerFile } from './worker-file.ts'

// a thread has the process's flags unless it is given some. Node refuses its file where the process was told what kind of
// text it is given
const OPTIONS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {}

/** A call that waits, or is under way. */
interface Job {
  readonly request: Omit<Request, 'more'>
  readonly transfer: readonly ArrayBuffer[]
  readonly settle: (outcome: Reply | Error) => void
  readonly signal: AbortSignal | undefined
  readonly abort: () => void
}

/** How a call is made. */
export interface CallOptions {
  /** withdraws it while it waits */
  readonly signal?: AbortSignal | undefined
  /** memory that is given away with it */
  readonly transfer?: readonly ArrayBuffer[]
  /** whether it is none of a user's, and maxPending does not count it */
  readonly own?: boolean
  /** of `save`: what has to be fulfilled at the last moment before the file is written */
  readonly before?: () => Promise<void>
}

/** One worker thread and the calls that wait for it: in order for each model, in turn among models. */
export class Host {
  readonly #worker = new Worker(workerFile(), OPTIONS)
  readonly #queues = new Map<number, Job[]>()
  // models with calls that wait, next first
  readonly #turns: number[] = []
  #running: Job | null = null
  // a snapshot that is not written yet: another would be taken in the same memory
  #taken = false
  #writing: Promise<void> = Promise.resolve()
  #dead: PalimpsestError | null = null
  /** how many models are here */
  models = 0

  constructor() {
    this.#worker.on('message', (reply: Reply) => {
      const job = this.#running
      this.#running = null
      this.#taken ||= job?.request.name === 'save' && reply.error === null
      job?.settle(reply)
      this.#next()
    })
    const died = (why: string) => this.#die(why)
    this.#worker.on('error', (error) => died(`of ${error}`))
    this.#worker.on('messageerror', (error) => died(`of ${error}`))
    this.#worker.on('exit', (code) => died(`with exit code ${code}`))
    // after the listeners, of which the first holds the process
    this.#worker.unref()
  }

  /** why it is of no use any more, or null */
  get dead(): PalimpsestError | null {
    return this.#dead
  }

  /** calls of a model that wait */
  waiting(model: number): number {
    return this.#queues.get(model)?.length ?? 0
  }

  /** @throws PalimpsestError `WORKER_DIED`, and what the worker answers; the signal's reason */
  call<N extends CallName>(model: number, name: N, call: Calls[N], options: CallOptions = {}): Promise<Reply> {
    const { signal, transfer = [] } = options
    return new Promise((resolve, reject) => {
      if (this.#dead || signal?.aborted) {
        reject(this.#dead ?? signal?.reason)
        return
      }
      const job: Job = {
        request: { model, name, call },
        transfer,
        settle: (outcome) => {
          signal?.removeEventListener('abort', job.abort)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
        signal,
        abort: () => {
          if (this.#withdraw(job)) reject(signal?.reason)
        },
      }
      // one signal may withdraw many calls
      if (signal) setMaxListeners(0, signal)
      signal?.addEventListener('abort', job.abort, { once: true })
      const queue = this.#queues.get(model) ?? []
      this.#queues.set(model, queue)
      if (queue.length === 0) this.#turns.push(model)
      queue.push(job)
      this.#next()
    })
  }

  /**
   * Writes what a call `save` answered: whoever made it has to. Other models' calls go on.
   * @throws what the file system says, and `before`: nothing is written then
   */
  write(path: string, { memory, length }: Snapshot, before = async (): Promise<void> => {}): Promise<void> {
    const writing = before().then(() => writeAtomically(path, [new Uint8Array(memory, 0, length)]))
    const written = writing.finally(() => {
      this.#taken = false
      this.#next()
    })
    this.#writing = written.catch(() => undefined)
    return written
  }

  /** Ends the thread, once what was taken is written; what waits or is under way fails with `CLOSED`. */
  async close(): Promise<void> {
    this.#fail(new PalimpsestError('CLOSED', 'the classifier was closed before this call was done'))
    await this.#writing
    await this.#worker.terminate()
  }

  #next(): void {
    if (this.#running || this.#dead) return
    const at = this.#turns.findIndex((model) => !this.#taken || this.#queues.get(model)?.[0]?.request.name !== 'save')
    if (at < 0) {
      this.#worker.unref()
      return
    }
    const [model] = this.#turns.splice(at, 1) as [number]
    const queue = this.#queues.get(model) as Job[]
    const job = queue.shift() as Job
    if (queue.length > 0) this.#turns.push(model)
    else this.#queues.delete(model)
    this.#running = job
    this.#worker.ref()
    try {
      this.#worker.postMessage({ ...job.request, more: queue.length > 0 } satisfies Request, job.transfer)
    } catch (error) {
      // what cannot be sent, of which callers are to let nothing through
      this.#running = null
      job.settle(error as Error)
      this.#next()
    }
  }

  #withdraw(job: Job): boolean {
    const { model } = job.request
    const queue = this.#queues.get(model) ?? []
    const at = queue.indexOf(job)
    if (at < 0) return false
    queue.splice(at, 1)
    if (queue.length === 0) {
      this.#queues.delete(model)
      this.#turns.splice(this.#turns.indexOf(model), 1)
    }
    return true
  }

  #die(why: string): void {
    this.#fail(
      new PalimpsestError(
        'WORKER_DIED',
        `the thread that learns ended ${why}: predict goes on with what was published last, and load with what was saved`,
      ),
    )
  }

  #fail(error: PalimpsestError): void {
    if (this.#dead) return
    this.#dead = error
    const jobs = [...(this.#running ? [this.#running] : []), ...[...this.#queues.values()].flat()]
    this.#running = null
    this.#queues.clear()
    this.#turns.length = 0
    for (const job of jobs) job.settle(error)
  }
}

/** the error that a worker answered */
export function errorOf({ ours, code, message }: NonNullable<Reply['error']>): Error {
  return ours ? new PalimpsestError(code as ErrorCode, message) : Object.assign(new Error(message), code && { code })
}
