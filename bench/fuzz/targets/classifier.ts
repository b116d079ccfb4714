import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFront } from '../../../src/persistence/front.ts'
import { encodeSafetensors, type Stored } from '../../../src/persistence/safetensors.ts'
import { Engine } from '../../../src/serving/engine.ts'
import { engineOf, type Opening, openingOf, storedOf } from '../../../src/serving/engine-state.ts'
import { ANSWERING } from '../../../src/serving/published.ts'
import { settingsOf } from '../../../src/serving/settings.ts'
import type { ClassifierOptions, NetworkMethod } from '../../../src/serving/types.ts'
import { editStored, NOTHING } from './edit-stored.ts'
import { judged, type Target } from './target.ts'

const INPUTS = 4
const x = Float32Array.from({ length: 6 * INPUTS }, (_, i) => ((i * 37) % 11) / 11)
const labels = ['a', 'b', 'c', 'a', 'b', 'c']

const CODES = ['STATE_MALFORMED', 'STATE_MISMATCH', 'STATE_VERSION', 'ENCODER_MISMATCH', 'PRIVACY']
/** what learning may say of a state that fits, and of numbers in it that do not train */
const USE_CODES = [
  'INVALID_ARGUMENT',
  'LENGTH',
  'NON_FINITE',
  'NOT_POSITIVE_DEFINITE',
  'PENALTY_POWERLESS',
  'PENALTY_UNSTABLE',
]

const network = (method: NetworkMethod): Omit<ClassifierOptions, 'inputs'> => ({
  model: { kind: 'network', hidden: [5], method, samples: 4 },
  privacy: method === 'replay' ? 'samples' : 'no-samples',
})
const KINDS: readonly Omit<ClassifierOptions, 'inputs'>[] = [
  { encoder: 'some@1' },
  { model: { kind: 'analytic', features: 5, head: 'means', removable: false } },
  ...(['none', 'ewc', 'si', 'mas', 'kfac', 'lwf', 'replay'] as const).map(network),
]

function learnt(which: number): Engine {
  const engine = new Engine(settingsOf({ inputs: INPUTS, ...KINDS[which % KINDS.length] }))
  for (const id of ['one', 'two']) {
    engine.learn(x, labels, id)
    engine.publish()
  }
  engine.consolidate(x, labels)
  engine.publish()
  return engine
}

const files = new Map<number, Stored>()

function fileOf(which: number): Stored {
  const file = files.get(which) ?? storedOf(learnt(which))
  files.set(which, file)
  return file
}

const bytesOf = (engine: Engine): Buffer => Buffer.concat(encodeSafetensors(storedOf(engine)))

function use(engine: Engine): void {
  engine.publish()
  checkReport(engine.report())
  engine.learn(x, labels, 'three')
  engine.consolidate(x, labels)
  engine.publish()
}

let folder: string | null = null

/** what a store opens of a file, when it takes it; null for a file without a front, or whose front does not answer */
async function openedOf(stored: Stored, encoder: string | undefined): Promise<Opening | null> {
  if (folder === null) {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-fuzz-'))
    process.once('exit', () => rmSync(folder as string, { recursive: true, force: true }))
  }
  const path = join(folder, 'state')
  const front = ANSWERING.filter((name) => name in stored.tensors)
  writeFileSync(path, Buffer.concat(encodeSafetensors(stored, { front })))
  let opening: Opening | null = null
  await judged(CODES, () => {
    const read = readFront(path)
    opening = read && openingOf(read, encoder)
  })
  return opening
}

/** a list of labels has no order */
const sorted = (text = ''): unknown => JSON.parse(text).sort()

function checkReport(report: unknown): void {
  for (const value of Object.values(report as object)) {
    assert.ok(!Number.isNaN(value), 'NaN is reported')
    if (typeof value === 'object' && value !== null) checkReport(value)
  }
}

/**
 * What a classifier is loaded from, changed by a script: the first byte chooses its kind. What was taken is saved as it was
 * read, and learns and answers or is refused. What a store opens of it answers as all of it does.
 */
export const classifier: Target = {
  name: 'classifier',
  async seeds() {
    return KINDS.map((_, which) => Uint8Array.of(which, ...NOTHING))
  },
  async run(input) {
    const which = (input[0] ?? 0) % KINDS.length
    const changed = editStored(fileOf(which), input.subarray(1, 1 + 4 * 12))
    let engine: Engine | null = null
    const outcome = await judged(CODES, () => {
      engine = engineOf(changed, KINDS[which]?.encoder)
    })
    const opening = await openedOf(changed, KINDS[which]?.encoder)
    if (engine === null) return outcome
    const taken: Engine = engine
    if (opening) {
      assert.deepEqual(opening.settings, taken.settings, 'a store opens other settings')
      assert.deepEqual(opening.published, taken.publish(), 'a store answers from another state')
    }
    const after = storedOf(taken)
    for (const [name, { data }] of Object.entries(after.tensors))
      assert.ok((data as Float64Array).every(Number.isFinite), `${name} was taken with what is no number`)
    assert.deepEqual(sorted(after.metadata.labels), sorted(changed.metadata.labels), 'other labels')
    assert.ok(Number(after.metadata.sequence) === Number(changed.metadata.sequence), 'another sequence')
    assert.ok(bytesOf(engineOf(after)).equals(bytesOf(taken)), 'what was taken is not what it tells')
    await judged(USE_CODES, () => use(taken))
    return outcome
  },
}
