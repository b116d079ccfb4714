// learns, saves and says so, until it is killed: node child.js KIND FILE
import { existsSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ClassifierStore, ContinualClassifier } from '../../src/serving/index.ts'
import { changeOf, INPUTS, type Kind, OPTIONS, TENANT } from './work.ts'

const [kind, path] = process.argv.slice(2) as [Kind, string]
const SAVE_EVERY = 2
// bytes: one tenant and not two
const BUDGET = 1_000_000

// written at once, so that what was said has left this process
const say = (line: string) => writeSync(1, `${line}\n`)

/** the change after that number; returns its own. Saves where it lies, or in this file */
async function change(classifier: ContinualClassifier, after: number, file?: string): Promise<number> {
  const { x, labels, id } = changeOf(after + 1)
  const { sequence } = await (x ? classifier.learn(x, labels, { id }) : classifier.consolidate())
  if (sequence % SAVE_EVERY === 0) say(`saved ${await classifier.save(file)}`)
  return sequence
}

async function alone(): Promise<never> {
  const classifier = existsSync(path)
    ? await ContinualClassifier.load(path, { encoder: 'random rows' })
    : await ContinualClassifier.create(OPTIONS[kind])
  say('ready')
  for (let { sequence } = classifier; ; ) sequence = await change(classifier, sequence, path)
}

async function amongOthers(): Promise<never> {
  const store = await ClassifierStore.open(dirname(path), { ...OPTIONS.store, workers: 1, budget: BUDGET })
  say('ready')
  for (let round = 0; ; round++) {
    const one = await store.open(TENANT)
    await change(one, one.sequence)
    await one.close()
    // another needs its place, and has changed when it gives it back
    const other = await store.open(`other ${round % 3}`)
    await other.learn(new Float32Array(INPUTS).fill(1), ['other'])
    await other.close()
  }
}

void (kind === 'store' ? amongOthers() : alone())
