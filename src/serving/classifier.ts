import { PalimpsestError } from '../../bindings/errors.ts'
import { whole } from '../continual/checks.ts'
import { type Access, Channel } from './channel.ts'
import { Host } from './host.ts'
import { invalid, knownKeys, settingsOf, text } from './settings.ts'
import type { Answer, ClassifierOptions, LearnOptions, Receipt, Report, RunOptions } from './types.ts'

const MOST_PENDING = 256

/** What {@link ContinualClassifier.load} takes. */
export interface LoadOptions extends RunOptions {
  /** what makes the rows from now on; refused unless it is the one that was saved. Default: not checked */
  readonly encoder?: string
  /** numbers a row from now on; refused unless it is what was saved. Default: not checked */
  readonly inputs?: number
}

/**
 * A classifier for a service: it learns rows with labels as they come, in a thread of its own, and answers meanwhile in
 * this one from what that thread published last. It keeps no sample unless it is made to.
 *
 * Every change is done wholly or not at all, in the order of the calls, and its promise is fulfilled once `predict` knows
 * of it. What `save` has answered outlasts the process.
 */
export class ContinualClassifier {
  readonly #channel: Access
  readonly #end: () => Promise<void>
  #path: string | null
  #closing: Promise<void> | null = null

  /** @internal Made by `create`, `load` or a store. */
  constructor(channel: Access, path: string | null, end: () => Promise<void>) {
    this.#channel = channel
    this.#path = path
    this.#end = end
  }

  /**
   * One that knows nothing yet.
   * @throws PalimpsestError `INVALID_ARGUMENT` for an option outside its range, `PRIVACY`
   */
  static async create(options: ClassifierOptions, run: RunOptions = {}): Promise<ContinualClassifier> {
    const settings = settingsOf(options)
    knownKeys(run, ['maxPending'])
    return ContinualClassifier.#start(run, null, (channel) => channel.ask('create', { settings }))
  }

  /**
   * The one that was saved there. It goes on as if it had never stopped, bit for bit.
   * @throws PalimpsestError `STATE_MISSING`, `STATE_MALFORMED`, `STATE_MISMATCH`, `STATE_VERSION`, `ENCODER_MISMATCH`;
   * `INVALID_ARGUMENT` for an option that is unknown or outside its range
   */
  static async load(path: string, options: LoadOptions = {}): Promise<ContinualClassifier> {
    knownKeys(options, ['encoder', 'inputs', 'maxPending'])
    const { encoder, inputs, ...run } = options
    const call = {
      path: pathOf(path),
      encoder: encoder === undefined ? encoder : text('encoder', encoder),
      inputs: inputs === undefined ? inputs : whole('inputs', inputs, 1, Number.MAX_SAFE_INTEGER),
    }
    return ContinualClassifier.#start(run, path, (channel) => channel.ask('load', call))
  }

  static async #start(run: RunOptions, path: string | null, first: (channel: Channel) => Promise<unknown>) {
    const most = maxPendingOf(run)
    const host = new Host()
    const channel = new Channel(host, most)
    try {
      await first(channel)
    } catch (error) {
      await host.close()
      throw error
    }
    return new ContinualClassifier(channel, path, async () => {
      await channel.close()
      await host.close()
    })
  }

  /** the classes that predict may answer */
  get labels(): readonly string[] {
    return this.#channel.reader?.layout.labels ?? []
  }

  /** the number of the last change that `predict` knows of */
  get sequence(): number {
    return this.#channel.sequence
  }

  /** calls that wait or are under way */
  get pending(): number {
    return this.#channel.pending
  }

  /**
   * Learns rows x [B, I] with their labels [B]; a label that is new becomes a class. Both are copied.
   * @throws PalimpsestError `DTYPE`, `LENGTH`, `EMPTY_SET`, `NON_FINITE`, `INVALID_ARGUMENT`, and for a penalty that
   * cannot act `PENALTY_POWERLESS`; nothing is learnt then. `OVERLOADED`, `WORKER_DIED`, `CLOSED`; the signal's reason
   */
  async learn(x: Float32Array, labels: readonly string[], options: LearnOptions = {}): Promise<Receipt> {
    knownKeys(options, ['id', 'signal'])
    const { id, signal } = options
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal is no AbortSignal')
    const rows = copied(x)
    const call = { x: rows, labels: textsOf(labels), id: id === undefined ? id : text('id', id) }
    return this.#channel.ask('learn', call, { signal, transfer: [rows.buffer] })
  }

  /**
   * Protects what was learnt so far from what comes: by rows of it where they are given, else by squared gradients that were
   * gathered while learning (`ewc`), or by what the method keeps itself (`si`, `lwf`). The analytic model needs none.
   * @throws PalimpsestError `UNSUPPORTED` without rows for `mas`, `kfac` and `replay`; `EMPTY_SET` when nothing was
   * gathered; as `learn`
   */
  async consolidate(x?: Float32Array, labels: readonly string[] = []): Promise<Receipt> {
    const rows = x === undefined ? null : copied(x)
    return this.#channel.ask(
      'consolidate',
      { x: rows, labels: textsOf(labels) },
      { transfer: rows ? [rows.buffer] : [] },
    )
  }

  /** The class of one row x [I]. @throws as {@link predictRows} */
  predict(x: Float32Array): Answer {
    const answers = this.predictRows(x)
    if (answers.length !== 1) throw new PalimpsestError('LENGTH', `predict takes one row, got ${answers.length}`)
    return answers[0] as Answer
  }

  /**
   * Classes of rows x [B, I], by what was published last; at once, in this thread.
   * @throws PalimpsestError `EMPTY_SET` before a class is there, `DTYPE`, `LENGTH`, `NON_FINITE`, `CLOSED`
   */
  predictRows(x: Float32Array): Answer[] {
    const { reader, dead } = this.#channel
    if (dead?.code === 'CLOSED') throw dead
    if (!reader) throw new PalimpsestError('EMPTY_SET', 'nothing was learnt yet: there is no class to answer')
    return reader.predict(x)
  }

  /** How it does; with a probe set also how it answers that now. @throws as `learn` */
  async report(probe?: { readonly x: Float32Array; readonly labels: readonly string[] }): Promise<Report> {
    return this.#channel.ask('report', {
      probe: probe ? { x: copied(probe.x), labels: textsOf(probe.labels) } : null,
    })
  }

  /**
   * Takes rows back that were learnt, exactly: the analytic model cannot tell them from others, so give it none that were
   * not. A class without rows is gone.
   * @throws PalimpsestError `UNSUPPORTED` for a network; `INVALID_ARGUMENT` for more rows of a class than were learnt
   */
  async forget(x: Float32Array, labels: readonly string[]): Promise<Receipt> {
    return this.#channel.ask('forget', { x: copied(x), labels: textsOf(labels) })
  }

  /**
   * Forgets a class, exactly: as if it had never been learnt.
   * @throws PalimpsestError `UNSUPPORTED` for a network, or without `removable`; `INVALID_ARGUMENT` for an unknown class
   */
  async removeClass(label: string): Promise<Receipt> {
    return this.#channel.ask('removeClass', { label: text('label', label) })
  }

  /** what its state and what answers take */
  bytes(): number {
    return this.#channel.bytes
  }

  /**
   * Saves it wholly, in place of what was there; by default where it was loaded from or saved before. Answers the number
   * of the last change that is now durable: it outlasts a crash, and a loss of power.
   * @throws PalimpsestError `INVALID_ARGUMENT` without a path; what the file system says
   */
  async save(path: string | null = this.#path): Promise<number> {
    if (path === null) throw invalid('save: there is no path yet')
    const sequence = await this.#channel.ask<number>('save', { path: pathOf(path) })
    this.#path = path
    return sequence
  }

  /** Ends its thread once what waits is done; saves nothing. One of a store is given back to it. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  /** `close`, for `await using` */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export const maxPendingOf = ({ maxPending = MOST_PENDING }: RunOptions): number =>
  whole('maxPending', maxPending, 1, 1_000_000)

function copied(x: Float32Array): Float32Array<ArrayBuffer> {
  if (!(x instanceof Float32Array)) throw new PalimpsestError('DTYPE', 'x is not a Float32Array')
  try {
    return new Float32Array(x)
  } catch (cause) {
    throw new PalimpsestError('DETACHED_BUFFER', 'x has lost its memory: its buffer was transferred', { cause })
  }
}

function textsOf(labels: readonly string[]): readonly string[] {
  const texts = Array.isArray(labels) ? Array.from(labels) : [null]
  if (!texts.every((label) => typeof label === 'string')) throw invalid('labels are no array of texts')
  return texts
}

function pathOf(path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw invalid('path is no path')
  return path
}
