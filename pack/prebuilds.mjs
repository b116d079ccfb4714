// Compiles what the tarball carries into prebuilds/: an addon a platform, and the same for WebAssembly. What has not
// changed since is not compiled again. `--optional` does without what cannot be compiled here, and says so.
//   node pack/prebuilds.mjs [FILE in prebuilds/] [--optional]
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { TARGETS } from './targets.mjs'
import { root, zig } from './zig.mjs'

const FOLDERS = ['native', 'native/kernels', 'native/vec', 'bindings']

function sha256(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}
const contents = (path) => readFileSync(join(root, path))

/** of all that a source may include */
function headers() {
  const paths = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  const own = paths.filter((path) => /\.(h|inc)$/.test(path)).sort()
  const others = ['node-addon-api', 'node-api-headers'].map((name) => `node_modules/${name}/package.json`)
  return sha256(...[...own, ...others].map(contents))
}

/** whether a file is there, made of what this digest stands for; `make` is called when not */
async function unlessMade(path, digest, make) {
  const stamp = `${path}.sha256`
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return false
  await make()
  writeFileSync(stamp, digest)
  return true
}

async function each(items, action) {
  const left = items.entries()
  const results = []
  const one = async () => {
    for (const [index, item] of left) results[index] = await action(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, one))
  return results
}

/** Compiles one of TARGETS; true if it was not there as it should be. */
export async function prebuild(file) {
  const { sources, flags, own, link } = TARGETS[file]
  const folder = join(root, 'build', 'prebuilds', file.replace('/', '-'))
  const output = join(root, 'prebuilds', file)
  for (const needed of [folder, dirname(output)]) mkdirSync(needed, { recursive: true })
  let compiler
  const call = async (...args) => {
    compiler ??= zig()
    await promisify(execFile)(compiler, ['c++', ...args], { cwd: root }).catch((error) => {
      throw new Error(error.stderr || error.message)
    })
  }
  const included = headers()
  const digests = await each(sources, async (source) => {
    const object = join(folder, `${source.replaceAll('/', '-')}.o`)
    const options = [...flags, ...(own[source] ?? [])]
    const digest = sha256(included, ...options, contents(source))
    await unlessMade(object, digest, () => call(...options, '-c', source, '-o', object))
    return [object, digest]
  })
  const made = join(folder, basename(file))
  const [target, triple] = flags
  const whole = sha256(...link, ...digests.flat(), contents('pack/exports.map'))
  const fresh = await unlessMade(made, whole, () =>
    call(target, triple, '-O2', ...link, ...digests.map(([object]) => object), '-o', made),
  )
  if (fresh || !existsSync(output)) {
    // so that a process that has the old one loaded keeps it
    const beside = `${output}.new`
    writeFileSync(beside, readFileSync(made))
    renameSync(beside, output)
  }
  return fresh
}

if (process.argv[1] === import.meta.filename) {
  const options = process.argv.slice(2)
  const optional = options.includes('--optional')
  const chosen = options.filter((option) => option !== '--optional')
  for (const file of chosen.length > 0 ? chosen : Object.keys(TARGETS)) {
    try {
      if (await prebuild(file)) console.log(`compiled prebuilds/${file}`)
    } catch (error) {
      console.error(`prebuilds/${file} cannot be compiled here: ${error.message}`)
      if (!optional) process.exit(1)
    }
  }
}
