// Compiles what the tarball carries into prebuilds/: an addon a platform, and the same for WebAssembly. What has not
// changed since is not compiled again. `--optional` does without what cannot be compiled here, and says so.
//   node pack/prebuilds.mjs [FILE in prebuilds/] [--optional]
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { TARGETS } from './targets.mjs'
import { root, run, zig } from './zig.mjs'

const SOURCES = [
  'native',
  'native/isa',
  'native/kernels',
  'native/vec',
  'native/wasm',
  'bindings',
  'bindings/calls',
  'pack',
]
const SOURCE = /\.(cpp|h|inc|mjs|map)$/

/** of everything that the prebuilds are made of */
function digest() {
  const hash = createHash('sha256')
  const paths = SOURCES.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  for (const path of paths.filter((one) => SOURCE.test(one)).sort())
    hash.update(path).update(readFileSync(join(root, path)))
  for (const name of ['node-addon-api', 'node-api-headers'])
    hash.update(readFileSync(join(root, 'node_modules', name, 'package.json')))
  return hash.digest('hex')
}

const outputOf = (file) => join(root, 'prebuilds', file)
const objectsOf = (file) => join(root, 'build', 'prebuilds', file.replace('/', '-'))
const stampOf = (file) => join(objectsOf(file), 'digest')

function compile(file, compiler) {
  const { sources, flags, own, link } = TARGETS[file]
  mkdirSync(objectsOf(file), { recursive: true })
  mkdirSync(dirname(outputOf(file)), { recursive: true })
  const objects = sources.map((source) => {
    const object = join(objectsOf(file), `${source.replaceAll('/', '-')}.o`)
    run(compiler, ['c++', ...flags, ...(own[source] ?? []), '-c', source, '-o', object])
    return object
  })
  const made = join(objectsOf(file), basename(file))
  const target = flags.slice(0, 2)
  run(compiler, ['c++', ...target, '-O2', ...link, ...objects, '-o', made])
  renameSync(made, outputOf(file))
}

/** Compiles one; true if it was not there as it should be. */
export function prebuild(file) {
  const now = digest()
  const stamp = stampOf(file)
  if (existsSync(outputOf(file)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return false
  compile(file, zig())
  writeFileSync(stamp, now)
  return true
}

if (process.argv[1] === import.meta.filename) {
  const options = process.argv.slice(2)
  const optional = options.includes('--optional')
  const chosen = options.filter((option) => option !== '--optional')
  for (const file of chosen.length > 0 ? chosen : Object.keys(TARGETS)) {
    try {
      if (prebuild(file)) console.log(`compiled prebuilds/${file}`)
    } catch (error) {
      console.error(`prebuilds/${file} cannot be compiled here: ${error.message}`)
      if (!optional) process.exit(1)
    }
  }
}
