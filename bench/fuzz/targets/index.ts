import { idx } from './idx.ts'
import { states } from './states.ts'
import type { Target } from './target.ts'

/** What is fuzzed in JavaScript. */
export const TARGETS: readonly Target[] = [idx, states]
