import assert from 'node:assert/strict'
import {
  Analytic,
  Ewc,
  Kfac,
  Lwf,
  Mas,
  type Method,
  type MethodState,
  Replay,
  Si,
} from '../../../src/continual/index.ts'
import { Adam, Learner, labelledSet, Mlp } from '../../../src/index.ts'
import type { Parameter } from '../../../src/tensor/parameter.ts'
import { type Edited, edit } from './edit.ts'
import { judged, type Target } from './target.ts'

const CODES = ['INVALID_ARGUMENT', 'DTYPE', 'LENGTH', 'NON_FINITE', 'LABEL_OUT_OF_RANGE', 'STATE_MISMATCH']
/** what a step may say of a state that fits, and of numbers in it that do not train */
const STEP_CODES = [...CODES, 'SHAPE', 'PENALTY_POWERLESS', 'PENALTY_UNSTABLE']

const INPUTS = 4
const x = Float32Array.from({ length: 6 * INPUTS }, (_, i) => ((i * 37) % 11) / 11)
const y = Uint8Array.of(0, 1, 2, 0, 1, 2)
const set = labelledSet({
  name: 'fuzz',
  inputs: Uint8Array.from(x, (value) => value * 255),
  labels: y,
  features: INPUTS,
  classes: 3,
})

const METHODS: readonly (() => Method)[] = [
  () => new Ewc({ lambda: 1 }),
  () => new Mas(),
  () => new Si(),
  () => new Kfac({ lambda: 1, refresh: 2 }),
  () => new Lwf(),
  () => new Replay({ samples: 4, selection: 'reservoir' }),
  () => new Replay({ samples: 3, method: new Ewc({ lambda: 1 }) }),
]

function learnt(method: Method): Learner {
  const model = new Mlp([INPUTS, 5, 3], { seed: 1, batchNorm: method.name === 'lwf' })
  const learner = new Learner(model, { optimizer: new Adam(), method })
  for (let i = 0; i < 2; i++) learner.step(x, y)
  learner.consolidate(set)
  learner.step(x, y)
  return learner
}

function analytic(): Analytic {
  const all = new Analytic({ inputs: INPUTS })
  all.learn(x, y)
  return all
}

const subject = (which: number) => {
  const make = METHODS[which % (METHODS.length + 1)]
  if (!make) {
    const all = analytic()
    return {
      state: () => all.state(),
      restore: (state: MethodState) => all.restore(state),
      use: () => void all.predict(x),
      codes: [...CODES, 'NOT_POSITIVE_DEFINITE', 'EMPTY_SET'],
    }
  }
  const learner = learnt(make())
  const { method, model } = learner as Learner & { method: Required<Method> }
  const parameters: readonly Parameter[] = model.parameters()
  return {
    state: () => method.state(parameters),
    restore: (state: MethodState) => method.restore(parameters, state),
    use: () => void learner.step(x, y),
    codes: STEP_CODES,
  }
}

/**
 * What a method or Analytic remembers, changed by a script: the first byte chooses which, every four after it are one
 * change. A refused state leaves what there was; one that was taken is what `state` tells, and the next use of it
 * works or is refused.
 */
export const states: Target = {
  name: 'states',
  // three bytes are no change
  async seeds() {
    return Array.from({ length: METHODS.length + 1 }, (_, which) => Uint8Array.of(which, 0, 0, 0))
  },
  async run(input) {
    const { state, restore, use, codes } = subject(input[0] ?? 0)
    const before = state()
    const changed: Edited = edit(before, input.subarray(1, 1 + 4 * 12))
    const outcome = await judged(CODES, () => restore(changed as MethodState))
    if (outcome === 'refused') {
      assert.deepEqual(state(), before, 'a refused state changed what there was')
      return outcome
    }
    const after = state()
    restore(after)
    assert.deepEqual(state(), after, 'what was taken is not what it tells')
    await judged(codes, use)
    return outcome
  },
}
