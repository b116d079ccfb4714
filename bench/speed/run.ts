import { interleave, type Sample, type Samples, samplesOf } from './measure.ts'
import type { Found } from './print.ts'
import { progressOf } from './progress.ts'
import { type Section, subjectsOf } from './section.ts'

export interface Failure {
  readonly name: string
  readonly why: string
}

/** Times everything in turns; then, each by itself, the sections that something else goes on beside. */
export async function measure(
  sections: readonly Section[],
  rounds: number,
): Promise<{ readonly samples: Samples; readonly failures: readonly Failure[] }> {
  const samples = new Map<string, readonly Sample[]>()
  const failures: Failure[] = []
  const take = async (title: string, some: readonly Section[], turns: { rounds: number; sampleSeconds?: number }) => {
    const subjects = subjectsOf(some.flatMap(({ entries }) => entries))
    const progress = progressOf(title, samplesOf(subjects, turns.rounds))
    const onFailure = (name: string, error: unknown) => {
      if (!name.startsWith('peer/')) throw error // ours does not fail
      failures.push({ name, why: error instanceof Error ? error.message : String(error) })
    }
    try {
      const taken = await interleave(subjects, { ...turns, onSample: progress.step, onFailure })
      for (const [name, values] of taken) samples.set(name, values)
    } finally {
      progress.stop()
    }
  }
  const quiet = sections.filter(({ beside, entries }) => !beside && entries.length > 0)
  if (quiet.length > 0) await take('speed', quiet, { rounds })
  for (const section of sections) {
    const { beside, entries, id } = section
    if (!beside || entries.length === 0) continue
    const stop = await beside.start()
    try {
      await take(id, [section], { rounds: Math.min(rounds, beside.rounds), sampleSeconds: beside.sampleSeconds })
    } finally {
      await stop()
    }
  }
  return { samples, failures }
}

export const foundIn = (sections: readonly Section[], samples: Samples): Found[] =>
  sections.map(({ id, title, sentence, entries }) => {
    const rows = entries.map((entry) => entry.figures(samples)).filter((row) => row.length > 0)
    return { id, title, sentence, rows }
  })

/** The samples as they are written: sample `index` was taken in round `index * every`. */
export interface Timed {
  readonly name: string
  readonly every: number
  readonly seconds: readonly number[]
}

export const timedIn = (samples: Samples): Timed[] =>
  [...samples].map(([name, taken]) => ({
    name,
    every: taken[1]?.round ?? 1,
    seconds: taken.map(({ seconds }) => seconds),
  }))
