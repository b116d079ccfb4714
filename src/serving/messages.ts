import type { Settings } from './settings.ts'
import type { Layout } from './slots.ts'

/** What a worker is asked to do with a model, and what it answers. */
export interface Calls {
  create: { readonly settings: Settings }
  /** a file wholly, which others may replace at once */
  load: { readonly path: string; readonly encoder: string | undefined; readonly inputs: number | undefined }
  /** a file that nobody else replaces while it is open */
  open: { readonly path: string; readonly encoder: string | undefined; readonly settings: Settings }
  learn: { readonly x: Float32Array; readonly labels: readonly string[]; readonly id: string | undefined }
  consolidate: { readonly x: Float32Array | null; readonly labels: readonly string[] }
  forget: { readonly x: Float32Array; readonly labels: readonly string[] }
  removeClass: { readonly label: string }
  report: { readonly probe: { readonly x: Float32Array; readonly labels: readonly string[] } | null }
  /** answered by a {@link Snapshot}: the thread that asked writes, so that other models need not wait for the disk */
  save: { readonly path: string }
  publish: Record<string, never>
  drop: Record<string, never>
}

export type CallName = keyof Calls

/** From the main thread: one at a time. */
export interface Request<N extends CallName = CallName> {
  readonly model: number
  readonly name: N
  readonly call: Calls[N]
  /** whether another call for this model waits: what changed may be published with that */
  readonly more: boolean
}

/** From the worker, once a request. */
export interface Reply {
  readonly value: unknown
  /** `ours`: a PalimpsestError; else the code is the system's, where it has one */
  readonly error: { readonly ours: boolean; readonly code: string | undefined; readonly message: string } | null
  /** whether what answers knows all that was learnt */
  readonly visible: boolean
  /** new memory of what answers, in place of what there was; null when no class is left; undefined: as before */
  readonly slots: { readonly memory: SharedArrayBuffer; readonly layout: Layout } | null | undefined
  /** of the last change */
  readonly sequence: number
  /** of the model's state, also where it is still in its file */
  readonly bytes: number
  /** whether it is in its file alone: nothing has changed then */
  readonly unread: boolean
}
