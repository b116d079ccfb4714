import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const namesOf = async (module: Promise<object>) => Object.keys(await module).sort()

test('the root exports these names, at most 14', async () => {
  const names = await namesOf(import('palimpsest'))
  expect(names.length).toBeLessThanOrEqual(14)
  expect(names).toMatchInlineSnapshot(`
    [
      "Adam",
      "ERROR_CODES",
      "Ewc",
      "Learner",
      "Mlp",
      "PalimpsestError",
      "Sgd",
      "batches",
      "constant",
      "labelledSet",
      "linearDecay",
      "loadFashionMnist",
      "loadMnist",
      "threads",
    ]
  `)
})

test('palimpsest/autograd', async () => {
  expect(await namesOf(import('palimpsest/autograd'))).toMatchInlineSnapshot(`
    [
      "Parameter",
      "Random",
      "Tape",
      "Tensor",
      "WeightAverage",
      "add",
      "batchNorm",
      "columns",
      "linear",
      "logSoftmax",
      "matmul",
      "mean",
      "mul",
      "relu",
      "scale",
      "softmaxCrossEntropy",
      "square",
      "sub",
      "sum",
      "tensor",
    ]
  `)
})

test('palimpsest/continual', async () => {
  expect(await namesOf(import('palimpsest/continual'))).toMatchInlineSnapshot(`
    [
      "Analytic",
      "AnalyticExperts",
      "Ewc",
      "Heads",
      "Kfac",
      "Lwf",
      "Mas",
      "Replay",
      "Si",
      "articleDiagonal",
      "averageAccuracy",
      "backwardTransfer",
      "ewcPenalty",
      "fisherDiagonal",
      "forgetting",
      "forwardTransfer",
      "kroneckerFactors",
      "learningAccuracy",
      "sensitivityDiagonal",
      "withUnitFloor",
    ]
  `)
})

test('palimpsest/data', async () => {
  expect(await namesOf(import('palimpsest/data'))).toMatchInlineSnapshot(`
    [
      "batches",
      "cacheFolder",
      "labelledSet",
      "loadFashionMnist",
      "loadMnist",
      "parseIdx",
      "permuted",
      "rotated",
      "setFromIdx",
      "split",
      "streamOf",
      "subset",
      "trainingUnion",
      "union",
    ]
  `)
})

test('palimpsest/persistence', async () => {
  expect(await namesOf(import('palimpsest/persistence'))).toMatchInlineSnapshot(`
    [
      "decodeSafetensors",
      "encodeSafetensors",
      "loadStateDict",
      "readStored",
      "writeAtomically",
    ]
  `)
})

test('palimpsest/serving', async () => {
  expect(await namesOf(import('palimpsest/serving'))).toMatchInlineSnapshot(`
    [
      "ClassifierStore",
      "ContinualClassifier",
    ]
  `)
})

test('the manifest names these entries alone, each built from a source', () => {
  expect(Object.keys(manifest.exports)).toEqual([
    '.',
    './autograd',
    './continual',
    './data',
    './persistence',
    './serving',
    './prebuilds/*',
    './package.json',
  ])
  for (const entry of Object.values(manifest.exports)) {
    if (typeof entry === 'string') continue
    expect(entry.types).toBe(entry.default.replace(/\.js$/, '.d.ts'))
    const source = entry.default.replace('./dist/', '../').replace(/\.js$/, '.ts')
    expect(existsSync(fileURLToPath(new URL(source, import.meta.url))), source).toBe(true)
  }
})

test('nothing is needed at run time, and nothing runs at install', () => {
  expect(manifest).not.toHaveProperty('dependencies')
  expect(manifest).not.toHaveProperty('optionalDependencies')
  expect(manifest.scripts).not.toHaveProperty('install')
  expect(manifest.scripts).not.toHaveProperty('postinstall')
})
