// Trains the article's networks from the built package on two tasks with EWC, 100 steps each, and prints the sha256 of
// all weights. PALIMPSEST_ISA and PALIMPSEST_THREADS choose how; `--write` does it under every table and keeps the result.
import { writeFileSync } from 'node:fs'
import { RECIPE } from '../../dist/bench/article/recipes.js'
import { run } from '../../dist/bench/article/run.js'
import { native } from '../../dist/bindings/native.js'
import { labelledSet, union } from '../../dist/src/data/index.js'
import { Random } from '../../dist/src/tensor/random.js'

const FEATURES = 784
const CLASSES = 10
// ten batches an epoch, of which the last is not full
const TRAIN = 990
const EPOCHS = 10

/** three in four are 0, as in pictures of digits */
const pixels = (length, random) => Uint8Array.from({ length }, () => Math.max(0, random.below(1024) - 768))
const patterns = pixels(CLASSES * FEATURES, Random.from(1, 'patterns'))

/** images of a class share one pixel in five; a turn gives their patterns to other classes, so that tasks contradict */
function images(name, count, turn) {
  const random = Random.from(turn, name)
  const labels = Uint8Array.from({ length: count }, () => random.below(CLASSES))
  const inputs = pixels(count * FEATURES, random)
  for (const [row, label] of labels.entries()) {
    const pattern = ((label + turn) % CLASSES) * FEATURES
    for (let at = 0; at < FEATURES; at++)
      if (random.below(5) === 0) inputs[row * FEATURES + at] = patterns[pattern + at]
  }
  return labelledSet({ name, inputs, labels, features: FEATURES, classes: CLASSES })
}

const task = (turn) => ({ train: images('train', TRAIN, turn), test: images('test', 100, turn) })
const [first, second] = [task(0), task(1)]
const sets = { mnist: first, fashion: second, joint: union(first.train, second.train) }

/** of each recipe, the sha256 of all parameters and running statistics at the end */
async function digests() {
  const all = {}
  for (const recipe of ['published', 'recommended']) {
    const job = { recipe, settings: RECIPE[recipe], method: 'ewc', seed: 1, epochs: EPOCHS }
    all[recipe] = (await run(job, sets, () => {})).weights
  }
  return JSON.stringify(all, null, 2)
}

const table = () => native.tables()[native.currentTable()]

if (process.argv.includes('--write')) {
  const found = new Map()
  for (const name of native.tables()) {
    native.selectTable(name)
    found.set(name, await digests())
  }
  const [golden] = found.values()
  for (const [name, text] of found)
    if (text !== golden) throw new Error(`nothing is written: ${name} has other bits than portable: ${text}, ${golden}`)
  writeFileSync(new URL('golden.json', import.meta.url), `${golden}\n`)
} else {
  const weights = JSON.parse(await digests())
  const { node } = process.versions
  process.stdout.write(JSON.stringify({ node, table: table(), threads: native.threads(), weights }))
}
