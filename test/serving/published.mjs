// What becomes of calls that were done and not published yet, when the one that was to publish them fails, is withdrawn,
// or the thread ends: a process of its own, since workers run from dist. Writes what happened as JSON.
import { ContinualClassifier, workers } from './workers.mjs'

const INPUTS = 8
const options = { inputs: INPUTS, model: { kind: 'network', hidden: [8] } }
const rows = (count, value = 1) => new Float32Array(count * INPUTS).fill(value)
const HANGS = 2000
const outcome = (promise) =>
  Promise.race([
    promise.then(
      () => 'done',
      (error) => error.code ?? error.message,
    ),
    new Promise((resolve) => setTimeout(resolve, HANGS, 'hangs').unref()),
  ])

const told = { refused: [], died: [] }
for (let round = 0; round < 10; round++) {
  const classifier = await ContinualClassifier.create(options)
  /** whether predictions know of a change when its promise is fulfilled */
  const known = async (label) => {
    const { sequence } = await classifier.learn(rows(1), [label])
    return classifier.sequence >= sequence && classifier.labels.includes(label)
  }
  const calls = ['a', 'b', 'c'].map(known)
  const refused = outcome(classifier.learn(rows(1, Number.NaN), ['d']))
  told.refused.push([...(await Promise.all([...calls, known('e')])), await refused])
  await classifier.close()
}
for (let round = 0; round < 5; round++) {
  const classifier = await ContinualClassifier.create(options)
  const thread = workers.at(-1)
  const learn = (count) => classifier.learn(rows(count), new Array(count).fill('a'))
  const calls = [learn(1), learn(1), learn(1), learn(30_000), learn(1)]
  await calls[0]
  await new Promise((resolve) => setTimeout(resolve, 2))
  await thread.terminate()
  told.died.push(await Promise.all(calls.map(outcome)))
  await classifier.close()
}
process.stdout.write(JSON.stringify(told))
