/** Something to time, in this process or in another. */
export interface Subject {
  readonly name: string
  /** sampled every so many rounds, for what is slow; default 1 */
  readonly every?: number
  /** seconds a call, the average of `calls` calls after some that are not counted: 20 ms of them, at least one */
  time(calls: number): number | Promise<number>
}

/** How far a peer's result is from ours, and how far it may be. */
export interface Difference {
  readonly difference: number
  readonly allowed: number
}

/** A library of others, in a process of its own, that does some of what we do. */
export interface Peer {
  /** lower-case, as in the names of figures */
  readonly name: string
  /** of the library and of what it runs on, and its threads */
  readonly versions: string
  /** named as ours: `step/784-100-10/100/1`, `fisher/784-100-10/exact`, `inference/784-100-10/8`, `gemm/100x100x784/nt` */
  readonly subjects: readonly Subject[]
  /** compares the result of one of its subjects with ours, before it is timed */
  check(subject: string): Promise<Difference>
  close(): void | Promise<void>
}

/** A peer that is not there. */
export interface SkippedPeer {
  readonly name: string
  /** and what to do about it */
  readonly why: string
}
