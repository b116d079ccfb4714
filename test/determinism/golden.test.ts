import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { builtBindings } from '../bindings/dist.ts'
import { nodeOf } from './nodes.ts'

const PROGRAM = fileURLToPath(new URL('train.mjs', import.meta.url))
const golden: Record<string, string> = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'))

const tables = native.tables()
const best = tables.at(-1) as string
const matrix = tables.flatMap((table) => [1, 2, 3, 7].map((threads) => [table, threads] as const))

// the portable table takes half a minute, several times that on a busy machine
const PATIENCE = 600_000

async function expectGolden(node: string, table: string, threads: number): Promise<void> {
  builtBindings()
  const env = { ...process.env, PALIMPSEST_ISA: table, PALIMPSEST_THREADS: String(threads) }
  const { stdout } = await promisify(execFile)(node, [PROGRAM], { env })
  const { weights, node: version, ...ran } = JSON.parse(stdout)
  expect(ran).toEqual({ table, threads })
  expect(Object.keys(weights)).toEqual(Object.keys(golden))
  for (const [recipe, digest] of Object.entries(golden))
    expect
      .soft(
        weights[recipe],
        `the weights of '${recipe}' under ${table} with ${threads} threads on Node ${version} are not those of golden.json; if ` +
          "they were meant to change and every table agrees: 'npm run golden:weights', and a line in CHANGELOG.md",
      )
      .toBe(digest)
}

describe(`the article's networks get the committed weights on Node ${process.versions.node}`, () => {
  test.each(matrix)('with %s and %i threads', { timeout: PATIENCE }, (table, threads) =>
    expectGolden(process.execPath, table, threads),
  )
})

const compiled = existsSync(new URL('../../prebuilds/palimpsest.wasm', import.meta.url))
test.runIf(compiled || process.env.CI)('and in WebAssembly, which has one thread', { timeout: PATIENCE }, () =>
  expectGolden(process.execPath, 'wasm', 1),
)

// the oldest that package.json allows, and the lines that are maintained
describe.each(['20.19', '22', '24'])('and on Node %s', (version) => {
  let node: string | Error
  beforeAll(async () => {
    node = await nodeOf(version).catch((error: Error) => error)
  }, PATIENCE)

  test.for([1, 2])(`with ${best} and %i threads`, { timeout: PATIENCE }, async (threads, { skip }) => {
    if (node instanceof Error && process.env.CI) throw node
    if (node instanceof Error) skip(`npm did not bring Node ${version}: ${node.message}`)
    else await expectGolden(node, best, threads)
  })
})
