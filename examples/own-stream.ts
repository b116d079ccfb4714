// Sets of one's own, as IDX files, learnt one after the other: `node dist/examples/own-stream.js FOLDER FOLDER...`, each with
// the four files that MNIST has.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Adam, Learner, Mlp } from 'palimpsest'
import { averageAccuracy, backwardTransfer, Ewc, forgetting } from 'palimpsest/continual'
import { parseIdx, setFromIdx, streamOf } from 'palimpsest/data'

async function load(folder: string, part: string) {
  const name = `${basename(folder)}/${part}`
  const [images, labels] = await Promise.all(
    [`${part}-images-idx3-ubyte`, `${part}-labels-idx1-ubyte`].map(async (file) =>
      parseIdx(await readFile(join(folder, file)), file),
    ),
  )
  if (!images || !labels) throw new Error(`${name} is not whole`)
  return setFromIdx({ name, images, labels })
}

const folders = process.argv.slice(2)
const stream = streamOf(
  await Promise.all(
    folders.map(async (folder) => ({ train: await load(folder, 'train'), test: await load(folder, 't10k') })),
  ),
)
const model = new Mlp([stream[0]?.features ?? 0, 100, 10], { seed: 1 })
const optimizer = new Adam()
const learner = new Learner(model, { optimizer, method: new Ewc({ floor: 1, floorUnits: 'silent' }) })

const accuracy: number[][] = []
for (const task of stream) {
  const set = task.train()
  for await (const _ of learner.fit(set, { epochs: 1 }));
  learner.consolidate(set)
  optimizer.reset()
  const row = stream.slice(0, accuracy.length + 1).map((known) => learner.evaluate(known.test()).accuracy)
  accuracy.push(row)
  console.log(`after ${task.name}: ${row.map((value) => value.toFixed(4)).join('  ')}`)
}
console.log(`average ${averageAccuracy(accuracy).toFixed(4)}`)
if (stream.length > 1)
  console.log(`BWT ${backwardTransfer(accuracy).toFixed(4)}, forgetting ${forgetting(accuracy).toFixed(4)}`)
