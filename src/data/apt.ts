import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf, openFile, reasonOf, type Source, type SourceContext } from './sources.ts'

/** Read after the system's own: no hooks, which want root and touch the system, and no lists but those of packages. */
const CONFIGURATION = `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::Contents-deb;
Acquire::Languages "none";
Acquire::Retries "0";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
`

/** The longest a command may take, in milliseconds. */
const PATIENCE = 300_000

/** How often a running download is looked at, in milliseconds. */
const POLL = 100

/**
 * `<folder>/<file>.gz` of a Debian package, got by `apt-get` and `dpkg` with lists and cache of our own in a temporary
 * folder: needs no root, installs nothing, and leaves the system as it was. Debian's signatures are checked by apt.
 */
export function aptSource(packageName: string, folder: string): Source {
  let temporary: string | null = null
  let unpacked: Promise<string> | null = null
  const unpack = async (context: SourceContext): Promise<string> => {
    temporary = await mkdtemp(join(tmpdir(), 'palimpsest-'))
    return unpackPackage(packageName, temporary, context)
  }
  return {
    name: `apt-get download ${packageName}`,
    local: false,
    async open(file, context) {
      unpacked ??= unpack(context)
      return openFile(join(await unpacked, folder, `${file}.gz`))
    },
    async close() {
      if (temporary !== null) await rm(temporary, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function unpackPackage(packageName: string, temporary: string, context: SourceContext): Promise<string> {
  const lists = join(temporary, 'lists')
  const cache = join(temporary, 'cache')
  const configuration = join(temporary, 'apt.conf')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
  await writeFile(configuration, CONFIGURATION)
  const own = ['-q', '-c', configuration, '-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`]
  const finish = reportGrowth(temporary, packageName, context)
  try {
    const warnings = await run('apt-get', [...own, 'update'], temporary, context.signal)
    await run('apt-get', [...own, 'download', packageName], temporary, context.signal).catch((error: unknown) => {
      throw new Error([reasonOf(error), warnings].filter((text) => text !== '').join(' / '), { cause: error })
    })
  } finally {
    await finish()
  }
  const archive = await findArchive(temporary)
  if (archive === null) throw new Error('it left no package file')
  const root = join(temporary, 'root')
  await run('dpkg', ['-x', archive, root], temporary, context.signal)
  return root
}

/** Reports the archive's size as it grows; the function it returns reports it a last time, and ends that. */
function reportGrowth(folder: string, packageName: string, context: SourceContext): () => Promise<void> {
  let last = -1
  const look = async (): Promise<void> => {
    const archive = await findArchive(folder)
    const bytes = archive === null ? 0 : await stat(archive).then((found) => found.size)
    if (bytes <= last) return
    last = bytes
    context.report({ file: `${packageName}.deb`, source: 'apt-get', bytes, total: null })
  }
  const quietly = (): Promise<void> => look().catch(() => {})
  const timer = setInterval(quietly, POLL)
  return async () => {
    clearInterval(timer)
    await quietly()
  }
}

async function findArchive(folder: string): Promise<string | null> {
  const name = (await readdir(folder)).find((candidate) => candidate.endsWith('.deb'))
  return name === undefined ? null : join(folder, name)
}

/** The first errors among what apt or dpkg said: its warnings about its own sandbox and the like help nobody here. */
function problemsIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^E:|^dpkg|failed to fetch/i.test(line))
  return lines.slice(0, 2).join(' / ')
}

/** Resolves with the problems that the command got over. */
function run(command: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  const options = { cwd, signal, timeout: PATIENCE, env: { ...process.env, LC_ALL: 'C' } }
  return new Promise((done, fail) => {
    execFile(command, args, options, (error, _stdout, stderr) => {
      const said = problemsIn(stderr)
      if (error === null) done(said)
      else if (codeOf(error) === 'ENOENT') fail(new Error(`${command} is not installed`, { cause: error }))
      else fail(new Error(said || reasonOf(error), { cause: error }))
    })
  })
}
