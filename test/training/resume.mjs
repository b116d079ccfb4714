// Two tasks with a file that keeps what was learnt: `node resume.mjs METHOD FILE HOW`, HOW one of straight, until-killed, resumed.
// Writes what the learner is at the end; until-killed says where it saved, learns on, and never ends by itself.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { Ewc, Replay, Si } from '../../dist/src/continual/index.js'
import { Adam, Learner, labelledSet, Mlp } from '../../dist/src/index.js'
import { linearDecay } from '../../dist/src/optim/schedule.js'
import { encodeSafetensors } from '../../dist/src/persistence/index.js'
import { Random } from '../../dist/src/tensor/random.js'

const METHODS = {
  ewc: () => new Ewc({ lambda: 5, estimator: 'sampled' }),
  si: () => new Si({ lambda: 3 }),
  replay: () => new Replay({ samples: 12, seed: 4, method: new Ewc({ lambda: 5 }) }),
}
const [FEATURES, CLASSES, ROWS] = [8, 4, 90]
const OPTIONS = { epochs: 3, batchSize: 20, every: 1, schedule: linearDecay }
/** of the second task: in the middle of its second epoch */
const STOP = 7

const [method, path, how] = process.argv.slice(2)
const sets = [1, 2].map((seed) => {
  const random = Random.from(seed, 'rows')
  const bytes = (length, below) => Uint8Array.from({ length }, () => random.below(below))
  const [inputs, labels] = [bytes(ROWS * FEATURES, 256), bytes(ROWS, CLASSES)]
  return labelledSet({ name: `task ${seed}`, inputs, labels, features: FEATURES, classes: CLASSES })
})
const learner = new Learner(new Mlp([FEATURES, 16, CLASSES], { seed: 1, batchNorm: true }), {
  optimizer: new Adam({ learningRate: 0.01 }),
  method: METHODS[method](),
})
const resume = how === 'resumed'
if (resume) await learner.load(path)
for (const [task, set] of sets.entries()) {
  if (resume && task === 0) continue
  for await (const { type, step } of learner.fit(set, { ...OPTIONS, resume }))
    if (how === 'until-killed' && task === 1 && type === 'step' && step === STOP) {
      await learner.save(path)
      writeSync(1, `saved at ${step} of ${learner.state().metadata['fit/steps']}\n`)
    }
  learner.consolidate(set)
}
if (how === 'until-killed') setInterval(() => {}, 1000)
else {
  const hash = createHash('sha256')
  for (const part of encodeSafetensors(learner.state())) hash.update(part)
  writeSync(1, hash.digest('hex'))
}
