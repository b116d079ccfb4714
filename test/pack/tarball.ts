import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
export const folder: string = join(root, 'build', 'pack')
const modules = (name: string) => join(root, 'node_modules', name)

/** where a program is that a development dependency brings */
export const tool = (path: string): string => modules(path)

/** Packs the package as a release is packed, and returns the tarball; an Error says what is missing for that here. */
export async function pack(): Promise<string | Error> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    await promisify(execFile)(process.execPath, [join(root, 'pack/prepack.mjs')], { cwd: root })
  } catch (error) {
    return new Error((error as { stderr?: string }).stderr?.trim() || String(error))
  }
  const { status, stderr } = npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder)
  if (status !== 0) throw new Error(stderr)
  const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  return join(folder, name)
}

export const npm = (cwd: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })

/** A PATH with Node and nothing else on it: no compiler, no make, no Python. */
function bare(): string {
  const bin = join(folder, 'bin')
  if (!existsSync(bin)) {
    mkdirSync(bin)
    symlinkSync(process.execPath, join(bin, 'node'))
    // npm starts scripts with it
    symlinkSync('/bin/sh', join(bin, 'sh'))
  }
  return bin
}

/** A Node program in a project, with nothing but Node on its PATH. */
export function runIn(
  project: string,
  args: readonly string[],
  { node = process.execPath, env = {} }: { node?: string; env?: Record<string, string> } = {},
): SpawnSyncReturns<string> {
  const { HOME = '/', TMPDIR = '/tmp' } = process.env
  return spawnSync(node, args, { cwd: project, encoding: 'utf8', env: { PATH: bare(), HOME, TMPDIR, ...env } })
}

/** An empty project, into which `install` puts the package. */
export function project(name: string, install: (path: string) => SpawnSyncReturns<string>): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module' }))
  const { status, stdout, stderr } = install(path)
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`)
  return path
}

/** npm's own program, which a bare PATH lacks */
export const npmProgram = (): string => {
  const beside = join(dirname(process.execPath), '..', 'lib/node_modules/npm/bin/npm-cli.js')
  return existsSync(beside)
    ? beside
    : `${spawnSync('npm', ['root', '-g'], { encoding: 'utf8' }).stdout.trim()}/npm/bin/npm-cli.js`
}
