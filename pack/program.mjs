// Makes of the compiled benches a command-line program that needs no other package: dist/program is dist/bench with
// the packages that it imports in dist/vendor, each a bundle, with their licences.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { root } from './zig.mjs'

/** what each bundle gives: a package in CommonJS has nothing but a default */
const PACKAGES = {
  '@observablehq/plot': 'export * from',
  linkedom: 'export * from',
  'cli-table3': 'export { default } from',
  jstat: 'export { default } from',
  'cli-progress': 'MultiBar, SingleBar',
  pngjs: 'PNG',
}
const fileOf = (name) => `${name.replace(/^@/, '').replace('/', '-')}.js`

const entry = (name, gives) =>
  gives.startsWith('export') ? `${gives} '${name}'` : `import whole from '${name}'\nexport const { ${gives} } = whole`

/** the folder of a bundled file's package, and its name */
function packageOf(path) {
  const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path) ?? []
  return folder ? { folder, name } : null
}

async function vendor(to) {
  const seen = new Map()
  for (const [name, gives] of Object.entries(PACKAGES)) {
    const { metafile } = await build({
      stdin: { contents: entry(name, gives), resolveDir: root },
      outfile: join(to, fileOf(name)),
      absWorkingDir: root,
      bundle: true,
      minify: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      legalComments: 'none',
      logLevel: 'error',
      // packages in CommonJS ask for Node's own modules
      banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
    })
    for (const path of Object.keys(metafile.inputs)) {
      const found = packageOf(path)
      if (found) seen.set(found.folder, found.name)
    }
  }
  return seen
}

function licences(packages) {
  const texts = []
  for (const [folder, name] of [...packages].sort()) {
    const { version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one))
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : ''
    texts.push(`${name} ${version} (${license})\n\n${text}`)
  }
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

export async function program() {
  const [from, to, packages] = ['bench', 'program', 'vendor'].map((name) => join(root, 'dist', name))
  if (!existsSync(from)) throw new Error("dist/bench is missing: run 'npm run build:types' first")
  for (const folder of [to, packages]) rmSync(folder, { recursive: true, force: true })
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.d.ts') })
  writeFileSync(join(packages, 'LICENSES.txt'), licences(await vendor(packages)))
  for (const name of readdirSync(to, { recursive: true }).filter((one) => one.endsWith('.js'))) {
    const path = join(to, name)
    const text = readFileSync(path, 'utf8')
    const rewritten = text
      .replace(/(from\s*|import\s*\(?\s*)'([^'.][^']*)'/g, (all, word, name) => {
        if (!(name in PACKAGES)) return all
        const found = relative(dirname(path), join(packages, fileOf(name)))
        return `${word}'${found.startsWith('.') ? found : `./${found}`}'`
      })
      .replaceAll('dist/bench/', 'dist/program/')
    if (rewritten !== text) writeFileSync(path, rewritten)
  }
}
