// learns, saves and says so, until it is killed: node child.js KIND FILE
import { existsSync, writeSync } from 'node:fs'
import { ContinualClassifier } from '../../src/serving/index.ts'
import { changeOf, type Kind, OPTIONS } from './work.ts'

const [kind, path] = process.argv.slice(2) as [Kind, string]
const SAVE_EVERY = 2

// written at once, so that what was said has left this process
const say = (line: string) => writeSync(1, `${line}\n`)

async function main(): Promise<never> {
  const classifier = existsSync(path)
    ? await ContinualClassifier.load(path, { encoder: 'random rows' })
    : await ContinualClassifier.create(OPTIONS[kind])
  say('ready')
  for (let { sequence } = classifier; ; ) {
    const { x, labels, id } = changeOf(sequence + 1)
    const receipt = await (x ? classifier.learn(x, labels, { id }) : classifier.consolidate())
    sequence = receipt.sequence
    if (sequence % SAVE_EVERY === 0) say(`saved ${await classifier.save(path)}`)
  }
}

void main()
