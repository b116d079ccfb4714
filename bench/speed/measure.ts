/** Something to time; `calls` calls make one sample. */
export interface Subject {
  readonly name: string
  readonly run: () => void
}

const SAMPLE_SECONDS = 0.004

/**
 * Seconds a call, a sample a round for each subject. The subjects take turns, so that whatever slows the machine for a
 * while slows all of them, and ratios within a round hold.
 */
export function interleave(subjects: readonly Subject[], rounds: number): Map<string, number[]> {
  const calls = new Map(subjects.map(({ name, run }) => [name, Math.max(1, Math.round(SAMPLE_SECONDS / once(run)))]))
  const samples = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++)
    for (const { name, run } of subjects) samples.get(name)?.push(timed(run, calls.get(name) ?? 1))
  return samples
}

function once(run: () => void): number {
  run()
  return Math.min(timed(run, 1), timed(run, 1))
}

function timed(run: () => void, calls: number): number {
  const started = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) run()
  return Number(process.hrtime.bigint() - started) / 1e9 / calls
}
