import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClassifierOptions, ContinualClassifier } from '../../../src/serving/index.ts'
import type { Scenario } from '../scenario.ts'
import { INPUTS, names, x } from './data.ts'

const KINDS: readonly ClassifierOptions[] = [
  { inputs: INPUTS },
  { inputs: INPUTS, model: { kind: 'network', hidden: [50] } },
  { inputs: INPUTS, model: { kind: 'analytic', features: 96 } },
  { inputs: INPUTS, model: { kind: 'network', hidden: [50], method: 'replay', samples: 80 }, privacy: 'samples' },
]

/** one that learns, answers and is saved in a thread of its own, and one that goes on from its file and is closed at work */
export const classifiers: Scenario = {
  name: 'classifiers',
  async round(index) {
    const folder = await mkdtemp(join(tmpdir(), 'palimpsest-soak-'))
    try {
      const path = join(folder, 'classifier.safetensors')
      const first = await ContinualClassifier.create(KINDS[index % KINDS.length] as ClassifierOptions)
      for (const id of ['one', 'two', 'one']) await first.learn(x, names, { id })
      first.predictRows(x)
      await first.save(path)
      await first.close()
      const next = await ContinualClassifier.load(path)
      // what is under way when it is closed is refused
      const late = Promise.allSettled([next.learn(x, names), next.consolidate(x, names), next.report()])
      next.predict(x.subarray(0, INPUTS))
      await next.close()
      await late
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}
