/** Something to time. */
export interface Subject {
  readonly name: string
  readonly run: () => void
  /** sampled every so many rounds, for what is slow; default 1 */
  readonly every?: number
}

export interface Sample {
  readonly round: number
  /** a call */
  readonly seconds: number
}

// short beside the slices that a busy machine gives to others, so that most samples are whole
const SAMPLE_SECONDS = 0.002

/**
 * Times each subject once a round. The subjects take turns, so that whatever slows the machine for a while slows all of
 * them, and ratios within a round hold.
 */
export function interleave(subjects: readonly Subject[], rounds: number): Map<string, Sample[]> {
  const calls = new Map(subjects.map(({ name, run }) => [name, Math.max(1, Math.round(SAMPLE_SECONDS / once(run)))]))
  const samples = new Map(subjects.map(({ name }) => [name, [] as Sample[]]))
  for (let round = 0; round < rounds; round++)
    for (const { name, run, every = 1 } of subjects)
      if (round % every === 0) samples.get(name)?.push({ round, seconds: timed(run, calls.get(name) ?? 1) })
  return samples
}

function once(run: () => void): number {
  return Math.min(timed(run, 1), timed(run, 1))
}

/** after a call that is not counted, for the other subjects have emptied the caches */
function timed(run: () => void, calls: number): number {
  run()
  const started = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) run()
  return Number(process.hrtime.bigint() - started) / 1e9 / calls
}
