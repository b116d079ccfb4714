import { cacheFolder } from '../src/data/cache.ts'
import { loadSets } from './article/sets.ts'
import { parse } from './options.ts'

export const DATA_HELP = `palimpsest data: fetches MNIST and Fashion-MNIST into the cache and checks them

  --help
The cache is the folder PALIMPSEST_DATA names, else one in the platform's cache folder.`

export async function data(args: readonly string[]): Promise<void> {
  const given = parse(args, { help: { type: 'boolean', default: false } })
  if (given.help) return console.log(DATA_HELP)
  const { mnist, fashion } = await loadSets('all')
  for (const { name, count, features, classes } of [mnist.train, mnist.test, fashion.train, fashion.test])
    console.log(`${name}: ${count} images of ${features} bytes, ${classes} classes, checksum right`)
  console.log(`in ${cacheFolder()}`)
}
