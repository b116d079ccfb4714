import type { Subject } from './subject.ts'

export interface Sample {
  readonly round: number
  /** a call */
  readonly seconds: number
}

export type Samples = ReadonlyMap<string, readonly Sample[]>

export interface Turns {
  readonly rounds: number
  /** how long a sample takes at least; default 0.01: tens of training steps, still short beside what disturbs a machine */
  readonly sampleSeconds?: number
  /** hears of every sample, and of the first call of each subject, which is round -1 */
  readonly onSample?: (name: string, round: number) => void
  /** hears of a subject that failed, and is then left out; default: the failure is thrown */
  readonly onFailure?: (name: string, error: unknown) => void
}

/**
 * Times each subject once a round. The subjects take turns, so that whatever slows the machine for a while slows all of
 * them, and ratios within a round hold.
 */
export async function interleave(
  subjects: readonly Subject[],
  { rounds, sampleSeconds = 0.01, onSample, onFailure }: Turns,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>()
  const calls = new Map<Subject, number>()
  const attempt = async (subject: Subject, round: number, measure: () => Promise<void>): Promise<void> => {
    try {
      await measure()
    } catch (error) {
      if (!onFailure) throw error
      calls.delete(subject)
      samples.delete(subject.name)
      onFailure(subject.name, error)
    }
    onSample?.(subject.name, round)
  }
  for (const subject of subjects)
    await attempt(subject, -1, async () => {
      calls.set(subject, await callsOf(subject, sampleSeconds))
      samples.set(subject.name, [])
    })
  for (let round = 0; round < rounds; round++)
    for (const subject of subjects) {
      const count = calls.get(subject)
      if (count === undefined || round % (subject.every ?? 1) !== 0) continue
      await attempt(subject, round, async () => {
        const seconds = await subject.time(count)
        if (!(seconds > 0)) throw new Error(`${subject.name}: ${seconds} s is not a time`)
        samples.get(subject.name)?.push({ round, seconds: Number(seconds.toPrecision(6)) })
      })
    }
  return samples
}

/** as many calls as a sample holds; the second look is at code that has warmed up */
async function callsOf(subject: Subject, sampleSeconds: number): Promise<number> {
  let once = await subject.time(1)
  if (once < sampleSeconds) once = Math.min(once, await subject.time(3))
  return Math.max(1, Math.round(sampleSeconds / once))
}

/** how many samples and first calls {@link interleave} takes */
export const samplesOf = (subjects: readonly Subject[], rounds: number): number =>
  subjects.reduce((sum, { every = 1 }) => sum + 1 + Math.ceil(rounds / every), 0)

/** `f` of the seconds of several subjects, in every round that has them all. */
export function withinRounds(
  samples: Samples,
  names: readonly string[],
  f: (...seconds: readonly number[]) => number,
): number[] {
  const [first = [], ...others] = names.map((name) => samples.get(name) ?? [])
  const byRound = others.map((taken) => new Map(taken.map(({ round, seconds }) => [round, seconds])))
  return first.flatMap(({ round, seconds }) => {
    const rest = byRound.map((times) => times.get(round))
    return rest.every((time) => time !== undefined) ? [f(seconds, ...rest)] : []
  })
}
