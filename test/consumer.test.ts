import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'build', 'consumer')

const PROGRAM = `
import { Adam, ERROR_CODES, type ErrorCode, Ewc, type FitEvent, Learner, labelledSet, Mlp, PalimpsestError } from 'palimpsest'
import { matmul, type Matrix, sum, Tape, type Tensor, tensor } from 'palimpsest/autograd'
import { type Diagonal, fisherDiagonal, type Method } from 'palimpsest/continual'
import { batches, cacheFolder, type LabelledSet, subset } from 'palimpsest/data'

const set: LabelledSet = labelledSet({
  name: 'toy',
  inputs: Uint8Array.from({ length: 40 }, (_, index) => (index * 37) % 256),
  labels: Uint8Array.from({ length: 10 }, (_, index) => index % 2),
  features: 4,
  classes: 2,
})
const method: Method = new Ewc({ lambda: 1 })
const learner = new Learner(new Mlp([4, 3, 2], { seed: 1 }), { optimizer: new Adam(), method })
const events: FitEvent[] = []
for await (const event of learner.fit(subset(set, { to: 8 }), { epochs: 2, batchSize: 4 })) events.push(event)
learner.consolidate(set)
const accuracy: number = learner.evaluate(set).accuracy
const length: number = batches(set, { size: 4 }).length

const tape = new Tape()
const total: number = tape.step(() => {
  const a = tape.input(new Float32Array(6).fill(1), [2, 3])
  const b = tape.input(new Float32Array(12).fill(1), [3, 4])
  const product: Tensor<Matrix<2, 4>> = matmul(a, b)
  // @ts-expect-error the columns of a are not the rows of a
  const wrong = () => matmul(a, a)
  // @ts-expect-error a vector has one axis
  const alsoWrong: Tensor<Matrix<2, 4>> = tensor([1, 2], [2])
  return sum(product).item() + (wrong === undefined || alsoWrong === undefined ? 1 : 0)
})
let code: ErrorCode | null = null
try {
  labelledSet({ name: 'none', inputs: new Uint8Array(0), labels: new Uint8Array(0), features: 4, classes: 2 })
} catch (error) {
  if (error instanceof PalimpsestError) code = error.code
}
export const found: readonly (string | number)[] = [events.length, length, total, code === null ? '' : ERROR_CODES[code], cacheFolder({ PALIMPSEST_DATA: '/data' }, 'linux')]
export type Names = [Diagonal, typeof fisherDiagonal, typeof accuracy]
`

const OPTIONS = { strict: true, skipLibCheck: false, module: 'nodenext', target: 'es2023', outDir: 'out', rootDir: '.' }

/** with Node's types, as a service has them; and with the browser's, as an editor without @types/node has them */
const CONSUMERS = {
  node: { ...OPTIONS, lib: ['es2023'], types: ['node'], typeRoots: ['../../node_modules/@types'] },
  dom: { ...OPTIONS, lib: ['es2023', 'dom'], types: [] },
}

const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' })

describe('a consumer of the packed package', { timeout: 180_000 }, () => {
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    expect(packed.status, packed.stderr).toBe(0)
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
    expect(run('tar', '-xzf', archive).status).toBe(0)
    renameSync(join(folder, 'package'), join(folder, 'node_modules', 'palimpsest'))
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
    writeFileSync(join(folder, 'program.ts'), PROGRAM)
  }, 180_000)

  it.each(Object.entries(CONSUMERS))('compiles with the types of %s, every declaration checked', (name, options) => {
    const config = join(folder, `tsconfig.${name}.json`)
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ['program.ts'] }))
    const { status, stdout } = run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', config)
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it('runs', () => {
    writeFileSync(
      join(folder, 'main.mjs'),
      "import { found } from './out/program.js'\nconsole.log(JSON.stringify(found))",
    )
    const { stdout, stderr } = run(process.execPath, 'main.mjs')
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([2, 3, 24, 'a set or batch holds no sample', '/data'])
  })
})
