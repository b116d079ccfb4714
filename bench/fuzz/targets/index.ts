import { checkpoint } from './checkpoint.ts'
import { classifier } from './classifier.ts'
import { idx } from './idx.ts'
import { safetensors } from './safetensors.ts'
import { states } from './states.ts'
import type { Target } from './target.ts'

/** What is fuzzed in JavaScript. */
export const TARGETS: readonly Target[] = [idx, safetensors, states, checkpoint, classifier]
