import { Random } from '../../src/tensor/random.ts'
import type { Coverage } from './coverage.ts'
import { mutated } from './mutate.ts'
import type { Target } from './targets/target.ts'

/** What a run found. */
export interface Evolved {
  readonly executions: number
  readonly seconds: number
  /** inputs that were taken, not refused */
  readonly taken: number
  /** inputs that led to code that none before had led to */
  readonly corpus: number
  readonly stretches: number
  readonly crashes: readonly { readonly input: Uint8Array; readonly error: unknown }[]
}

// inputs between two looks at the coverage, which costs more than a run
const BATCH = 64
const MOST_CRASHES = 5

/** Runs a target with changed inputs, and changes further what led to new code, until the time is over. */
export async function evolve(
  { seeds, run }: Target,
  { seconds, seed, coverage }: { readonly seconds: number; readonly seed: number; readonly coverage: Coverage },
): Promise<Evolved> {
  const random = Random.from(seed, 'fuzz')
  const corpus = [...(await seeds())]
  const first = corpus.length
  const crashes: { input: Uint8Array; error: unknown }[] = []
  let [executions, taken] = [0, 0]
  const attempt = async (input: Uint8Array): Promise<void> => {
    executions++
    try {
      if ((await run(input)) === 'taken') taken++
    } catch (error) {
      crashes.push({ input, error })
    }
  }
  for (const input of corpus) await attempt(input)
  coverage.fresh()
  const started = performance.now()
  const past = () => (performance.now() - started) / 1000
  const pick = () => corpus[random.below(corpus.length)] as Uint8Array
  while (past() < seconds && crashes.length < MOST_CRASHES) {
    const batch = Array.from({ length: BATCH }, () => mutated(pick(), pick(), random))
    for (const input of batch) await attempt(input)
    const fresh = new Set(coverage.fresh())
    // once more, to see which of them it was; of two that lead to the same, one
    for (const input of fresh.size > 0 ? batch : []) {
      await attempt(input)
      const led = coverage.among(fresh)
      if (led.length > 0) corpus.push(input)
      for (const stretch of led) fresh.delete(stretch)
    }
  }
  return {
    executions,
    seconds: past(),
    taken,
    corpus: corpus.length - first,
    stretches: coverage.stretches,
    crashes,
  }
}
