// What becomes of calls that are withdrawn, refused, or whose thread ends: a process of its own, since workers run from dist
// and it must end by itself. Writes what happened as JSON.
import { ContinualClassifier, workers } from './workers.mjs'

const INPUTS = 64
const rows = (count, value) => new Float32Array(count * INPUTS).fill(value)
const labels = (count, label) => new Array(count).fill(label)
/** long enough to have others wait for it */
const LONG = 4000
const options = { inputs: INPUTS, model: { kind: 'network', hidden: [256], epochs: 4 } }
const outcome = (promise) =>
  promise.then(
    (value) => value,
    (error) => error.code ?? error.message,
  )

const told = {}

{
  const classifier = await ContinualClassifier.create(options)
  const learn = (count, label, more = {}) => outcome(classifier.learn(rows(count, 1), labels(count, label), more))
  const [waiting, running] = [new AbortController(), new AbortController()]
  const calls = [learn(LONG, 'a', { signal: running.signal }), learn(1, 'b', { signal: waiting.signal })]
  await new Promise((resolve) => setImmediate(resolve))
  running.abort(new Error('too late'))
  waiting.abort(new Error('not wanted any more'))
  told.withdrawn = await Promise.all([
    ...calls,
    learn(1, 'c', { signal: AbortSignal.abort(new Error('from the start')) }),
  ])
  told.labels = [...classifier.labels]
  told.sequence = classifier.sequence
  await classifier.close()
}

{
  const classifier = await ContinualClassifier.create(options, { maxPending: 2 })
  const learn = (count) => outcome(classifier.learn(rows(count, 1), labels(count, 'a')))
  const calls = [learn(LONG), learn(1), learn(1), outcome(classifier.report())]
  told.pending = classifier.pending
  told.refused = (await Promise.all(calls)).slice(2)
  told.accepted = classifier.sequence
  told.afterwards = await learn(1)
  await classifier.close()
}

{
  const classifier = await ContinualClassifier.create(options)
  await classifier.learn(rows(2, 1), ['a', 'b'])
  const before = classifier.predict(rows(1, 1))
  const ask = () => [
    outcome(classifier.learn(rows(LONG, 1), labels(LONG, 'c'))),
    outcome(classifier.learn(rows(1, 1), ['c'])),
    outcome(classifier.consolidate()),
    outcome(classifier.report()),
    outcome(classifier.save('nowhere/at/all')),
  ]
  const calls = ask()
  await new Promise((resolve) => setTimeout(resolve, 5))
  await workers.at(-1).terminate()
  told.died = await Promise.all(calls)
  told.dead = await Promise.all(ask())
  told.stands = [classifier.predict(rows(1, 1)), before, classifier.sequence, [...classifier.labels]]
  await classifier.close()
}

// left open, with nothing to do: it must not keep the process
const idle = await ContinualClassifier.create(options)
await idle.learn(rows(1, 1), ['a'])
process.stdout.write(JSON.stringify(told))
