import assert from 'node:assert/strict'
import { Ewc, Kfac, Lwf, Mas, type Method, Replay, Si } from '../../../src/continual/index.ts'
import { Adam, Learner, labelledSet, Mlp, Sgd } from '../../../src/index.ts'
import { Heads } from '../../../src/nn/heads.ts'
import type { Stored } from '../../../src/persistence/safetensors.ts'
import { editStored, NOTHING } from './edit-stored.ts'
import { judged, type Target } from './target.ts'

const INPUTS = 4
const CLASSES = 3
const x = Float32Array.from({ length: 6 * INPUTS }, (_, i) => ((i * 37) % 11) / 11)
const set = labelledSet({
  name: 'fuzz',
  inputs: x,
  labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
  features: INPUTS,
  classes: CLASSES,
})
const FIT = { epochs: 2, batchSize: 2, every: 1 } as const

const CODES = ['STATE_MALFORMED', 'STATE_MISMATCH', 'STATE_VERSION']
/** what training may say of a state that fits, and of numbers in it that do not train */
const FIT_CODES = ['STATE_MISMATCH', 'SHAPE', 'INVALID_ARGUMENT', 'NON_FINITE', 'PENALTY_POWERLESS', 'PENALTY_UNSTABLE']

const METHODS: readonly (() => Method | null)[] = [
  () => null,
  () => new Ewc({ lambda: 1 }),
  () => new Si(),
  () => new Kfac({ lambda: 1, refresh: 2 }),
  () => new Mas(),
  () => new Lwf(),
  () => new Replay({ samples: 4, method: new Ewc({ lambda: 1 }) }),
]

function fresh(which: number): Learner {
  const method = (METHODS[which] as () => Method | null)()
  const heads = which % 3 !== 1
  const mlp = new Mlp([INPUTS, 5, heads ? 2 * CLASSES : CLASSES], { seed: 1, batchNorm: which % 2 === 1 })
  const optimizer = which % 2 === 0 ? new Adam() : new Sgd({ learningRate: 0.1, momentum: 0.9 })
  return new Learner(heads ? new Heads(mlp).use(0, CLASSES) : mlp, { optimizer, method })
}

const files = new Map<number, Stored>()

/** of one that was interrupted in its second epoch */
async function fileOf(which: number): Promise<Stored> {
  const held = files.get(which)
  if (held) return held
  const learner = fresh(which)
  learner.step(x, set.labels)
  learner.consolidate(set)
  for await (const event of learner.fit(set, FIT)) if (event.type === 'step' && event.step === 4) break
  files.set(which, learner.state())
  return learner.state()
}

async function goOn(learner: Learner): Promise<void> {
  let events = 0
  for await (const _ of learner.fit(set, { ...FIT, resume: true })) assert.ok(events++ < 8, 'a fit without an end')
}

/**
 * What Learner.load reads, changed by a script: the first byte chooses the learner. A refused file leaves what there was,
 * bit for bit; one that was taken is what `state` tells, and a fit that goes on from it ends or is refused.
 */
export const checkpoint: Target = {
  name: 'checkpoint',
  async seeds() {
    return METHODS.map((_, which) => Uint8Array.of(which, ...NOTHING))
  },
  async run(input) {
    const which = (input[0] ?? 0) % METHODS.length
    const file = await fileOf(which)
    const learner = fresh(which)
    learner.restore(file)
    // what is there differs from what the file holds, so that a half that was taken of it shows
    learner.step(x, set.labels)
    const before = learner.state()
    const changed = editStored(file, input.subarray(1, 1 + 4 * 12))
    if ((await judged(CODES, () => learner.restore(changed))) === 'refused') {
      assert.deepEqual(learner.state(), before, 'a refused checkpoint changed what there was')
      return 'refused'
    }
    const after = learner.state()
    const other = fresh(which)
    other.restore(after)
    assert.deepEqual(other.state(), after, 'what was taken is not what it tells')
    await judged(FIT_CODES, () => goOn(learner))
    return 'taken'
  },
}
