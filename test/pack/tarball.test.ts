import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { cacheFolder } from '../../src/data/cache.ts'
import { nodeOf } from '../determinism/nodes.ts'
import { COMMONJS, ESM, IN_WORKER, TO_BUNDLE, TYPED } from './programs.ts'
import { npm, npmProgram, pack, project, runIn, tool } from './tarball.ts'

const PATIENCE = 900_000
let tarball: string | Error
beforeAll(async () => {
  tarball = await pack()
  if (tarball instanceof Error && process.env.CI) throw tarball
}, PATIENCE)

/** the tarball, or the test is skipped with what was missing to make it */
function packed(skip: (why: string) => void): string {
  if (tarball instanceof Error) skip(`no tarball was made: ${tarball.message}`)
  return tarball as string
}

const install = (path: string) => (at: string) =>
  runIn(at, [npmProgram(), 'install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', path])
const PROGRAMS = { 'esm.mjs': ESM, 'commonjs.cjs': COMMONJS, 'worker.mjs': IN_WORKER, 'to-bundle.mjs': TO_BUNDLE }

/** a project with the tarball in it, made once, and programs that use it */
const made = new Map<string, string>()
function installed(path: string, name = 'npm'): string {
  const before = made.get(name)
  if (before) return before
  const at = project(name, install(path))
  for (const [file, text] of Object.entries(PROGRAMS)) writeFileSync(join(at, file), text)
  made.set(name, at)
  return at
}

const found = ({ status, stdout, stderr }: ReturnType<typeof runIn>): unknown => {
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

describe('the tarball', { timeout: PATIENCE }, () => {
  test('holds all it needs, nothing that an installer would build, and under 3 MB', ({ skip }) => {
    const path = packed(skip)
    const names = spawnSync('tar', ['-tzf', path], { encoding: 'utf8' }).stdout.trim().split('\n')
    for (const one of ['linux-x64/palimpsest.node', 'linux-arm64/palimpsest.node', 'palimpsest.wasm'])
      expect(names).toContain(`package/prebuilds/${one}`)
    expect(names.filter((one) => /binding\.gyp|CMakeLists|\.(cpp|h|inc|c)$|\/test\//.test(one))).toEqual([])
    expect(statSync(path).size).toBeLessThan(3e6)
    const { dependencies, scripts } = JSON.parse(
      readFileSync(join(installed(path), 'node_modules/palimpsest/package.json'), 'utf8'),
    )
    expect(dependencies).toBeUndefined()
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
  })

  test.for(['linux-x64', 'linux-arm64'])(
    'its addon for %s asks for an old glibc and for no C++ library',
    (name, { skip }) => {
      const at = join(installed(packed(skip)), 'node_modules/palimpsest/prebuilds', name, 'palimpsest.node')
      const text = readFileSync(at, 'latin1')
      const asked = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
      expect(asked.length).toBeGreaterThan(0)
      expect(Math.max(...asked)).toBeLessThanOrEqual(28)
      expect(text).not.toMatch(/GLIBCXX_|libstdc\+\+\.so|libc\+\+\.so/)
      // ELF names its processor: 62 is x86-64, 183 is AArch64
      expect(readFileSync(at).readUInt16LE(18)).toBe(name === 'linux-x64' ? 62 : 183)
    },
  )

  test('its addon for this platform chooses among the same kernels as one that was compiled here', ({ skip }) => {
    const name = `${process.platform}-${process.arch}`
    const at = join(installed(packed(skip)), 'node_modules/palimpsest/prebuilds', name, 'palimpsest.node')
    if (!existsSync(at)) return skip(`there is none for ${name}`)
    const { tables } = createRequire(import.meta.url)(at) as { tables(): string[] }
    expect(tables()).toEqual(native.tables())
  })

  test('publint and attw find nothing', ({ skip }) => {
    const path = packed(skip)
    const checks = [
      [tool('publint/src/cli.js'), 'run', path, '--strict'],
      [
        tool('@arethetypeswrong/cli/dist/index.js'),
        path,
        '--profile',
        'esm-only',
        '--exclude-entrypoints',
        'prebuilds/*',
      ],
    ]
    for (const args of checks) {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      expect(status, stdout + stderr).toBe(0)
    }
  })
})

const OPTIONS = { strict: true, skipLibCheck: false, module: 'nodenext', target: 'es2023', outDir: 'out', rootDir: '.' }

/** with Node's types, as a service has them; and with the browser's, as an editor without @types/node has them */
const CONSUMERS = {
  node: { ...OPTIONS, lib: ['es2023'], types: ['node'], typeRoots: ['../../../node_modules/@types'] },
  dom: { ...OPTIONS, lib: ['es2023', 'dom'], types: [] },
}

describe('a project that installed it, with neither scripts nor a network nor a compiler', {
  timeout: PATIENCE,
}, () => {
  test.for(Object.entries(CONSUMERS))(
    'compiles with the types of %s, every declaration checked',
    ([name, options], { skip }) => {
      const at = installed(packed(skip))
      writeFileSync(join(at, 'program.ts'), TYPED)
      writeFileSync(
        join(at, 'typed.mjs'),
        "import { found } from './out/program.js'\nconsole.log(JSON.stringify(found))",
      )
      const config = join(at, `tsconfig.${name}.json`)
      writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ['program.ts'] }))
      const { status, stdout } = runIn(at, [tool('typescript/bin/tsc'), '-p', config])
      expect(stdout).toBe('')
      expect(status).toBe(0)
      expect(found(runIn(at, ['typed.mjs']))).toEqual([2, 3, 24, 'a set or batch holds no sample', '/data'])
    },
  )

  test.for(['20.19', '22', '24'])('runs on Node %s: imported, required, in a worker', async (version, { skip }) => {
    const at = installed(packed(skip))
    const node = await nodeOf(version).catch((error: Error) => error)
    if (node instanceof Error) return skip(`npm did not bring Node ${version}: ${node.message}`)
    const expected = found(runIn(at, ['esm.mjs']))
    for (const file of ['esm.mjs', 'commonjs.cjs', 'worker.mjs']) {
      const ran = runIn(at, [file], { node })
      expect(ran.stderr.replace(/^.*(ExperimentalWarning|node --trace-warnings).*$/gm, '').trim()).toBe('')
      expect(found(ran)).toEqual(expected)
    }
  })

  test('gets the same weights from WebAssembly: where no addon loads, with a warning; and where it is asked for', ({
    skip,
  }) => {
    const path = packed(skip)
    const expected = found(runIn(installed(path), ['esm.mjs']))
    const asked = runIn(installed(path), ['esm.mjs'], { env: { PALIMPSEST_ISA: 'wasm' } })
    expect(asked.stderr).toBe('')
    expect(found(asked)).toEqual(expected)

    const at = installed(path, 'without-addons')
    const prebuilds = join(at, 'node_modules/palimpsest/prebuilds')
    for (const name of ['linux-x64', 'linux-arm64']) rmSync(join(prebuilds, name), { recursive: true })
    const fallen = runIn(at, ['worker.mjs'])
    expect(found(fallen)).toEqual(expected)
    expect(fallen.stderr).toBe('')
    const warned = runIn(at, ['esm.mjs'])
    expect(found(warned)).toEqual(expected)
    expect(warned.stderr.match(/PALIMPSEST_SLOW/g)).toHaveLength(1)

    rmSync(prebuilds, { recursive: true })
    const { status, stderr } = runIn(at, ['esm.mjs'])
    expect(status).not.toBe(0)
    for (const part of [
      'ADDON_MISSING',
      `prebuilds/${process.platform}-${process.arch}`,
      'palimpsest.wasm',
      'What helps',
    ])
      expect(stderr).toContain(part)
  })

  test.for(['esm', 'cjs'] as const)('runs bundled by esbuild as %s', async (format, { skip }) => {
    const at = installed(packed(skip))
    const outfile = join(at, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await build({
      entryPoints: [join(at, 'to-bundle.mjs')],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'error',
    })
    const ran = runIn(at, [outfile])
    expect(ran.stderr).toBe('')
    expect(found(ran)).toEqual(found(runIn(at, ['esm.mjs'])))
  })

  test.for(['pnpm@10', 'npm@12'])('can be one of %s', async (manager, { skip }) => {
    const path = packed(skip)
    const tools = join(made.get('npm') ?? '', '../tools', manager)
    const got = npm('.', 'install', '--prefix', tools, '--no-audit', '--no-fund', '--ignore-scripts', manager)
    if (got.status !== 0) return skip(`npm did not bring ${manager}: ${got.stderr.split('\n')[0]}`)
    const name = manager.split('@')[0] as string
    const [bin = ''] = Object.values(
      JSON.parse(readFileSync(join(tools, 'node_modules', name, 'package.json'), 'utf8')).bin,
    )
    const node = name === 'npm' ? await nodeOf('24') : process.execPath
    const args = [
      join(tools, 'node_modules', name, bin as string),
      name === 'npm' ? 'install' : 'add',
      path,
      '--offline',
    ]
    const at = project(name === 'npm' ? 'npm-12' : 'pnpm', (path) => runIn(path, args, { node }))
    writeFileSync(join(at, 'esm.mjs'), ESM)
    expect(found(runIn(at, ['esm.mjs']))).toEqual(found(runIn(installed(path), ['esm.mjs'])))
  })
})

describe('its command-line program', { timeout: PATIENCE }, () => {
  const program = (at: string, ...args: string[]) =>
    runIn(at, ['node_modules/palimpsest/dist/program/main.js', ...args])

  test('is what npx finds, and explains itself', ({ skip }) => {
    const at = installed(packed(skip))
    expect(readdirSync(join(at, 'node_modules/.bin'))).toContain('palimpsest')
    const { status, stdout, stderr } = program(at, '--help')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('palimpsest run article')
  })

  test('loads every command: its packages came along', ({ skip }) => {
    const at = installed(packed(skip))
    const commands = [
      ['results'],
      ['speed', '--from', 'node_modules/palimpsest/bench/results/speed.json', '--out', 'drawn'],
    ]
    for (const args of commands) {
      const { status, stderr } = program(at, ...args)
      expect(status, stderr).toBe(0)
    }
    expect(readFileSync(join(at, 'drawn/index.html'), 'utf8')).toContain('<svg')
  })

  test('finds sets in the folder that PALIMPSEST_DATA names', ({ skip }) => {
    const at = installed(packed(skip))
    const data = cacheFolder()
    if (!['mnist', 'fashion-mnist'].every((name) => existsSync(join(data, name)))) return skip(`no sets in ${data}`)
    const { status, stdout, stderr } = runIn(at, ['node_modules/palimpsest/dist/program/main.js', 'data'], {
      env: { PALIMPSEST_DATA: data },
    })
    expect(status, stderr).toBe(0)
    expect(stdout).toContain(data)
  })
})
