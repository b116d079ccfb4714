import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { ERROR_CODES, type ErrorCode, PalimpsestError } from '../bindings/errors.ts'
import { loadFirst } from '../bindings/load.ts'
import { native } from '../bindings/native.ts'
import { add, matmul, Parameter, relu, sum, Tape, Tensor } from '../src/autograd.ts'
import { cholesky } from '../src/continual/cholesky.ts'
import { Ewc } from '../src/continual/index.ts'
import { acquire } from '../src/data/acquire.ts'
import { MNIST } from '../src/data/catalogue.ts'
import { labelledSet, parseIdx } from '../src/data/index.ts'
import type { Source } from '../src/data/sources.ts'
import { Mlp } from '../src/nn/mlp.ts'
import { Adam } from '../src/optim/adam.ts'
import { Sgd } from '../src/optim/sgd.ts'
import { decodeSafetensors, readStored } from '../src/persistence/index.ts'
import { Channel } from '../src/serving/channel.ts'
import { Engine } from '../src/serving/engine.ts'
import { engineOf, storedOf } from '../src/serving/engine-state.ts'
import { Host } from '../src/serving/host.ts'
import { Locks } from '../src/serving/lock.ts'
import { settingsOf } from '../src/serving/settings.ts'
import { Learner } from '../src/training/learner.ts'
import { sources } from './sources.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-test-'))
  folders.push(folder)
  return folder
}

/** has an empty IDX array in place of every file */
const wrongBytes: Source = {
  name: 'a folder',
  local: true,
  async open() {
    const bytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0)
    return { size: bytes.length, chunks: Readable.from([bytes]) }
  },
}

const one = () => new Float32Array(1)
const detached = () => {
  const array = one()
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}

const squaredTwice = (
  tape: Tape,
  output: (x: Tensor<readonly [1, 1]>, weight: Parameter<readonly [1, 1]>) => Tensor,
) => {
  const weight = new Parameter('weight', [1, 1], one())
  const totals = new Map([[weight as Parameter, new Float64Array(1)]])
  return tape.step(() => tape.backwardSquared(output(tape.input(one(), [1, 1]), weight), [one()], totals))
}

const fields = { name: 'tiny', inputs: new Uint8Array(2), labels: Uint8Array.of(0, 5), features: 1, classes: 6 }

/** a file of a layout to come */
const LATER = (() => {
  const header = '{"__metadata__":{"palimpsest.crc32":"9f161fbb","palimpsest.container":"2"}}'
  return Uint8Array.from([header.length, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(header)])
})()

const learner = (changes: object) =>
  new Learner(new Mlp([1, 2]), { optimizer: Object.assign(new Sgd({ learningRate: 1 }), changes) })

/** the way to a model whose worker does nothing */
const channel = (most: number) =>
  new Channel({ dead: null, models: 0, call: async () => ({}) } as unknown as Host, most)

/** What brings each code about. The compiler refuses a code without one. */
const PROVOKED: Readonly<Record<ErrorCode, () => unknown>> = {
  ADDON_MISSING: () => loadFirst([], [], () => {}),
  ALIASED: () => {
    const shared = one()
    native.matmulNN(1, 1, 1, shared, one(), null, shared, false, false)
  },
  CLOSED: async () => {
    const closed = channel(1)
    await closed.close()
    await closed.ask('publish', {})
  },
  DATA_CORRUPT: async () => acquire(MNIST, await emptyFolder(), [wrongBytes]),
  DATA_MALFORMED: () => parseIdx(Uint8Array.of(1, 2, 3, 4)),
  DATA_MISSING: async () => acquire(MNIST, await emptyFolder(), []),
  DETACHED_BUFFER: () => native.sum(detached()),
  DTYPE: () => native.sum(new Float64Array(1) as unknown as Float32Array),
  EMPTY_SET: () => labelledSet({ ...fields, inputs: new Uint8Array(), labels: new Uint8Array() }),
  ENCODER_MISMATCH: () => engineOf(storedOf(new Engine(settingsOf({ inputs: 1 }))), 'another'),
  INVALID_ARGUMENT: () => new Sgd({ learningRate: -1 }),
  ISA_UNSUPPORTED: () => native.selectTable('nonsense'),
  LABEL_OUT_OF_RANGE: () => labelledSet({ ...fields, classes: 5 }),
  LENGTH: () => new Tensor([2], one()),
  LOCKED: async () => {
    const folder = await emptyFolder()
    const [first, second] = [await Locks.open(folder), await Locks.open(folder)]
    await first.take(join(folder, 'state'))
    await second.take(join(folder, 'state'))
  },
  NON_FINITE: () => native.argmax(1, 1, Float32Array.of(NaN), new Uint32Array(1)),
  NOT_POSITIVE_DEFINITE: () => cholesky(Float64Array.of(-1), 1),
  NO_SQUARED_GRADIENT: () => squaredTwice(new Tape(), (x, weight) => sum(matmul(x, weight))),
  OUT_OF_MEMORY: () => new Mlp([2 ** 30, 2 ** 30]),
  OVERLOADED: () => channel(0).ask('publish', {}),
  PARAMETER_REUSED: () => squaredTwice(new Tape(), (x, weight) => matmul(matmul(x, weight), weight)),
  PENALTY_POWERLESS: () => new Ewc({ lambda: 1 }).add(new Map([[new Parameter('p', [1], one()), one()]])),
  PENALTY_UNSTABLE: () =>
    new Sgd({ learningRate: 1 }).step([], {
      quadratic: { lambda: 3, constant: 0, largest: 1, of: () => undefined },
    }),
  PRIVACY: () => settingsOf({ inputs: 1, model: { kind: 'network', method: 'replay' } }),
  SHAPE: () => {
    const tape = new Tape()
    tape.step(() => matmul(tape.input(one(), [1, 1]), tape.input(new Float32Array(2), [2, 1]) as never))
  },
  STATE_MALFORMED: () => decodeSafetensors(new Uint8Array(9)),
  STATE_MISMATCH: () => learner({}).restore(new Learner(new Mlp([1, 2]), { optimizer: new Adam() }).state()),
  STATE_MISSING: async () => readStored(join(await emptyFolder(), 'none')),
  STATE_VERSION: () => decodeSafetensors(LATER),
  TAPE_MISUSE: () => add(new Parameter('a', [1], one()), new Parameter('b', [1], one())),
  TENSOR_RELEASED: () => {
    const tape = new Tape()
    tape.step(() => relu(tape.input(one(), [1]))).read()
  },
  UNSUPPORTED: () => learner({ state: undefined }).state(),
  WORKER_DIED: () => {
    const killing = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
      void this.terminate()
    })
    return new Host().call(1, 'publish', {}).finally(() => killing.mockRestore())
  },
}

/** what a function throws or its promise rejects with */
async function failure(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  return 'nothing was thrown'
}

describe.each(Object.entries(PROVOKED))('%s', (code, provoke) => {
  test('can come about', async () => {
    const error = await failure(provoke)
    expect(error).toBeInstanceOf(PalimpsestError)
    expect(error).toMatchObject({ code, name: 'PalimpsestError', message: expect.stringMatching(/\w/) })
  })
})

test('codes are what a caller may compare with: in order, in capitals, each with its meaning', () => {
  const codes = Object.keys(ERROR_CODES)
  expect(codes).toEqual(codes.toSorted())
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(meaning).not.toBe('')
  }
})

test('the addon refuses with known codes alone', () => {
  const codes = sources('bindings', /\.cpp$/).flatMap(({ text }) =>
    [...text.matchAll(/"([A-Z]+(?:_[A-Z]+)*)"/g)].map(([, code]) => code!),
  )
  expect(codes.length).toBeGreaterThan(10)
  for (const code of codes) if (code !== 'PALIMPSEST_ISA') expect(Object.keys(ERROR_CODES)).toContain(code)
})

test('an error keeps its cause', () => {
  const cause = new Error('below')
  const error = new PalimpsestError('SHAPE', 'above', { cause })
  expect([error.cause, error.code, error.message, String(error)]).toEqual([
    cause,
    'SHAPE',
    'above',
    'PalimpsestError: above',
  ])
})
