import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('../../build/nodes/', import.meta.url))

/** the npm package that brings Node's program for this machine */
function packaged(): { readonly name: string; readonly program: string } {
  const { platform, arch } = process
  if (platform === 'win32') return { name: `node-win-${arch}`, program: 'bin/node.exe' }
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'
  return { name: `${prefix}-${platform}-${arch}`, program: 'bin/node' }
}

/** The program of a Node such as '22', fetched with npm into build/nodes the first time; rejects when npm has none. */
export async function nodeOf(version: string): Promise<string> {
  const { name, program } = packaged()
  const folder = join(FOLDER, version)
  const path = join(folder, 'node_modules', name, program)
  try {
    await run(path, ['--version'])
  } catch {
    mkdirSync(folder, { recursive: true })
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retry-mintimeout=1000']
    // npm is a script there, which no process can be without a shell
    const shell = process.platform === 'win32'
    await run('npm', ['install', '--prefix', folder, ...options, `${name}@${version}`], { shell })
    await run(path, ['--version'])
  }
  return path
}
