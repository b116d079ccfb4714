import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CatalogueEntry, FASHION_MNIST, filesOf, MNIST } from '../../src/data/catalogue.ts'
import { cacheFolder, type LabelledSet, labelledSet, loadMnist } from '../../src/data/index.ts'

const isCached = (entry: CatalogueEntry) =>
  filesOf(entry).every(({ file }) => existsSync(join(cacheFolder(), entry.folder, file)))

export const bothCached = (): boolean => isCached(MNIST) && isCached(FASHION_MNIST)

/** MNIST's training images if they are in the cache, else as many random ones: nothing is fetched. */
export async function timedSet(): Promise<LabelledSet> {
  if (isCached(MNIST)) return (await loadMnist()).train
  const [count, features, classes] = [60_000, 784, 10]
  const inputs = new Uint8Array(count * features)
  // getRandomValues of 64 KiB at a time, the most it gives
  for (let from = 0; from < inputs.length; from += 65_536) crypto.getRandomValues(inputs.subarray(from, from + 65_536))
  const labels = Uint8Array.from({ length: count }, (_, row) => row % classes)
  return labelledSet({ name: 'random images', inputs, labels, features, classes })
}
