import { isBuiltin } from 'node:module'
import { join, normalize } from 'node:path/posix'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { type Source, sources } from './sources.ts'

/** inside src, a folder imports itself and those before it */
const ORDER = [
  'tensor',
  'autograd',
  'ops',
  'nn',
  'data',
  'optim',
  'continual',
  'persistence',
  'training',
  'serving',
] as const

/** what users import by the package's name: re-exports only, and none of them for use inside src */
const ROOT_ENTRIES = ['src/index.ts', 'src/autograd.ts']
const ENTRIES = [
  ...ROOT_ENTRIES,
  'src/continual/index.ts',
  'src/data/index.ts',
  'src/persistence/index.ts',
  'src/serving/index.ts',
]

const parse = ({ path, text }: Source) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)

function nodesOf(source: Source): ts.Node[] {
  const all: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    all.push(node)
    node.forEachChild(visit)
  }
  visit(parse(source))
  return all
}

/** what a file imports in any way: static, re-exported, as a type, dynamic, required */
function importsOf(source: Source): string[] {
  return ts.preProcessFile(source.text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** an import from a file: the path it leads to, or the package */
const target = (from: string, specifier: string): string =>
  specifier.startsWith('.') ? normalize(join(from, '..', specifier)) : specifier

const roomOf = (path: string): string => path.split('/')[0] as string
const folderOf = (path: string): number => ORDER.indexOf(path.split('/')[1] as (typeof ORDER)[number])

/** why a file of bindings or src may not import this, or null */
function forbidden(path: string, specifier: string): string | null {
  const to = target(path, specifier)
  // compiled code is the business of bindings, wherever it lies
  if (roomOf(path) === 'bindings' && specifier.endsWith('.node')) return null
  if (!specifier.startsWith('.')) return isBuiltin(specifier) && specifier.startsWith('node:') ? null : 'a package'
  if (roomOf(path) === 'bindings') return roomOf(to) === 'bindings' ? null : 'outside of bindings'
  if (roomOf(to) === 'bindings') return null
  if (roomOf(to) !== 'src') return 'outside of src and bindings'
  if (ENTRIES.includes(to)) return 'an entry file'
  if (ROOT_ENTRIES.includes(path)) return null
  const [from, onto] = [folderOf(path), folderOf(to)]
  if (from < 0 || onto < 0) return 'a folder without a place in the order'
  return onto <= from ? null : 'a folder above its own'
}

/** what a file of src does with compiled code, which is the business of bindings alone */
function nativeUse(source: Source): string[] {
  return nodesOf(source).flatMap((node) => {
    if (ts.isStringLiteralLike(node) && /\.node$|^node-addon-api$/.test(node.text))
      return [`the text ${node.getText()}`]
    const requires = ts.isCallExpression(node) && node.expression.getText() === 'createRequire'
    // to resolve a path executes nothing
    const resolves = ts.isPropertyAccessExpression(node.parent ?? node) && node.parent?.getText().endsWith('.resolve')
    if (requires && !resolves) return ['createRequire other than to resolve']
    return node.getText() === 'process.dlopen' ? ['process.dlopen'] : []
  })
}

function violations(files: readonly Source[]): string[] {
  return files.flatMap((source) => {
    const wrong = importsOf(source).flatMap((specifier) => {
      const why = forbidden(source.path, specifier)
      return why === null ? [] : [`${source.path} imports ${specifier}: ${why}`]
    })
    if (roomOf(source.path) === 'bindings') return wrong
    return [...wrong, ...nativeUse(source).map((use) => `${source.path} uses ${use}`)]
  })
}

const BINDINGS = sources('bindings', /\.ts$/)
const SRC = sources('src', /\.ts$/)

test('imports run one way: bindings <- src, and inside src up the order of its folders', () => {
  expect(BINDINGS.length).toBeGreaterThan(1)
  expect(SRC.length).toBeGreaterThan(40)
  expect(violations([...BINDINGS, ...SRC])).toEqual([])
})

test('what is not part of the package is used by tests alone', () => {
  const outer = ['bench', 'examples'].flatMap((room) => sources(room, /\.[mc]?[tj]s$/))
  const wrong = outer.filter((source) =>
    importsOf(source).some((specifier) => roomOf(target(source.path, specifier)) === 'test'),
  )
  expect(wrong.filter(({ path }) => !path.endsWith('.test.ts')).map(({ path }) => path)).toEqual([])
})

test('every folder of src has its place in the order', () => {
  for (const { path } of SRC) if (!ROOT_ENTRIES.includes(path)) expect(folderOf(path), path).toBeGreaterThanOrEqual(0)
})

describe('the check finds', () => {
  test.each([
    ['a higher folder', 'src/ops/x.ts', "import { Mlp } from '../nn/mlp.ts'"],
    ['a type of a higher folder', 'src/tensor/x.ts', "import type { Tape } from '../autograd/tape.ts'"],
    ['a re-export of a higher folder', 'src/tensor/x.ts', "export * from '../ops/index.ts'"],
    ['a dynamic import', 'src/tensor/x.ts', "const later = () => import('../training/learner.ts')"],
    ['an import type', 'src/tensor/x.ts', "type Late = import('../training/learner.ts').Learner"],
    ['an entry file', 'src/training/x.ts', "import { Mlp } from '../index.ts'"],
    ['an index of a folder that is an entry file', 'src/training/x.ts', "import { Ewc } from '../continual/index.ts'"],
    ['a higher folder in the entry file of a folder', 'src/data/index.ts', "export { Sgd } from '../optim/sgd.ts'"],
    ['a folder without a place', 'src/training/x.ts', "import { x } from '../utilities/x.ts'"],
    ['a test', 'src/nn/x.ts', "import { x } from '../../test/x.ts'"],
    ['a bench', 'src/nn/x.ts', "import { x } from '../../bench/x.ts'"],
    ['an example', 'src/index.ts', "export { x } from '../examples/x.ts'"],
    ['a package', 'src/nn/x.ts', "import fc from 'fast-check'"],
    ['a builtin without node:', 'src/nn/x.ts', "import { join } from 'path'"],
    ['src in bindings', 'bindings/x.ts', "import { Tensor } from '../src/tensor/tensor.ts'"],
    ['a package in bindings', 'bindings/x.ts', "import napi from 'node-addon-api'"],
    ['a script of another room in bindings', 'bindings/x.ts', "import { x } from '../pack/x.mjs'"],
    ['an addon in src', 'src/tensor/x.ts', "const path = '../../build/Release/palimpsest.node'"],
    ['a require in src', 'src/tensor/x.ts', 'const load = createRequire(import.meta.url)'],
    ['dlopen in src', 'src/tensor/x.ts', 'process.dlopen(module, path)'],
  ])('%s', (_, path, text) => {
    expect(violations([{ path, text }])).toHaveLength(1)
  })

  test.each([
    ['the folder itself', 'src/ops/x.ts', "import { addOp } from './add.ts'"],
    ['a lower folder', 'src/training/x.ts', "import { Tensor } from '../tensor/tensor.ts'"],
    ['an addon in bindings', 'bindings/x.ts', "require('palimpsest/prebuilds/x.node')"],
    ['bindings', 'src/training/x.ts', "import { native } from '../../bindings/native.ts'"],
    ['a builtin', 'src/data/x.ts', "import { open } from 'node:fs/promises'"],
    ['a resolved path', 'src/data/x.ts', "createRequire(import.meta.url).resolve('x/package.json')"],
    ['any folder in an entry file', 'src/index.ts', "export { Learner } from './training/learner.ts'"],
  ])('nothing wrong with %s', (_, path, text) => {
    expect(violations([{ path, text }])).toEqual([])
  })
})

describe('entry files', () => {
  const onlyReExports = (source: Source): boolean =>
    parse(source).statements.every((statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier)

  test.each(ENTRIES)('%s re-exports only', (path) => {
    const [entry] = SRC.filter((source) => source.path === path)
    expect(entry && onlyReExports(entry)).toBe(true)
  })

  test('code in one is found', () => {
    for (const text of ['export const x = 1', "import { x } from './x.ts'\nexport { x }", 'console.log()'])
      expect(onlyReExports({ path: 'src/index.ts', text })).toBe(false)
  })
})

describe('the kernels', () => {
  const includesOf = (text: string) =>
    [...text.matchAll(/^\s*#\s*include\s*([<"][^>"]+[>"])/gm)].map(([, file]) => file!)
  const foreign = ({ path, text }: Source): string[] =>
    includesOf(text).filter((file) => {
      if (file.startsWith('<')) return /napi|node|v8|uv/.test(file)
      return roomOf(normalize(join(path, '..', file.slice(1, -1)))) !== 'native'
    })

  test('include nothing of Node, and nothing outside of native', () => {
    const kernels = sources('native', /\.(h|cpp|inc)$/)
    expect(kernels.length).toBeGreaterThan(10)
    expect(kernels.flatMap((source) => foreign(source).map((file) => `${source.path} includes ${file}`))).toEqual([])
  })

  test.each(['#include <napi.h>', '#include <node_api.h>', '#  include "../../bindings/args.h"', '#include <uv.h>'])(
    'the check finds %s',
    (text) => {
      expect(foreign({ path: 'native/isa/x.cpp', text })).toHaveLength(1)
    },
  )
})
