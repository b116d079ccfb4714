import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import {
  add,
  batchNorm,
  linear,
  logSoftmax,
  Parameter,
  scale,
  softmaxCrossEntropy,
  square,
  sum,
  Tape,
  type Tensor,
} from '../../src/autograd.ts'
import { stream, uniform } from '../numbers.ts'
import { EVERY } from '../ops/cases.ts'

const next = stream(1)
const matrix = (rows: number, columns: number) => uniform(next, rows * columns)
const parameter = (rows: number, columns: number) =>
  new Parameter('weight', [rows, columns] as const, matrix(rows, columns))
const vector = (length: number) => new Parameter('vector', [length] as const, uniform(next, length))

const [INPUTS, HIDDEN, CLASSES] = [40, 30, 10]
const [w1, b1, gamma, beta] = [parameter(HIDDEN, INPUTS), vector(HIDDEN), vector(HIDDEN), vector(HIDDEN)]
const [w2, b2] = [parameter(CLASSES, HIDDEN), vector(CLASSES)]
const parameters = [w1, b1, gamma, beta, w2, b2]
const running = { mean: new Float32Array(HIDDEN), variance: new Float32Array(HIDDEN).fill(1) }

const LARGEST = 64
const x = matrix(LARGEST, INPUTS)
const labels = Uint8Array.from({ length: LARGEST }, () => next() % CLASSES)

/** inputs are cut beforehand: a view is a typed array, too */
const batches = new Map(
  [64, 17, 5].map((rows) => [rows, { x: x.subarray(0, rows * INPUTS), y: labels.subarray(0, rows) }]),
)

function forward(tape: Tape, rows: number): Tensor<readonly [number, number]> {
  const hidden = linear(tape.input(batches.get(rows)!.x, [rows, INPUTS]), w1, b1, { relu: true })
  const options = { mode: 'training', epsilon: 1e-5, momentum: 0.1 } as const
  return linear(batchNorm(hidden, gamma, beta, running, options), w2, b2)
}

function train(tape: Tape, rows: number): void {
  tape.step(() => {
    const loss = softmaxCrossEntropy(forward(tape, rows), batches.get(rows)!.y)
    tape.backward(loss, parameters)
    for (const { data, gradient } of parameters)
      for (let i = 0; i < data.length; i++) data[i] = data[i]! - 0.01 * gradient[i]!
  })
}

/** tape.allocations after every call */
const counts = (tape: Tape, steps: number, step: (index: number) => void): number[] =>
  Array.from({ length: steps }, (_, index) => {
    step(index)
    return tape.allocations
  })

describe('a step in steady state allocates no buffer', () => {
  test('of one shape: all of them by the first step', () => {
    const tape = new Tape()
    const [first, ...others] = counts(tape, 50, () => train(tape, 64))
    expect(first).toBeGreaterThan(0)
    expect(new Set(others)).toEqual(new Set([first]))
  })

  test('of several shapes in turn, a short last batch among them', () => {
    const tape = new Tape()
    const shapes = [64, 64, 17, 5, 64, 17]
    const all = counts(tape, 60, (index) => train(tape, shapes[index % shapes.length]!))
    expect(new Set(all.slice(shapes.length - 1)).size).toBe(1)
  })

  test('when steps throw half way, every buffer comes back', () => {
    const tape = new Tape()
    const fail = () => {
      expect(() =>
        tape.step(() => {
          scale(forward(tape, 64), 2)
          throw new Error('half way')
        }),
      ).toThrow('half way')
      expect(() => tape.step(() => softmaxCrossEntropy(forward(tape, 64), labels.subarray(1)))).toThrow('63 labels')
    }
    fail()
    train(tape, 64)
    const before = tape.allocations
    for (let times = 0; times < 20; times++) {
      fail()
      train(tape, 64)
    }
    expect(tape.allocations).toBe(before)
  })

  test('by a squared pass', () => {
    const tape = new Tape()
    const totals = new Map([w1, w2].map((p) => [p as Parameter, new Float64Array(p.size)]))
    const seeds = [matrix(17, CLASSES), matrix(17, CLASSES)]
    const pass = () =>
      tape.step(() => {
        const hidden = linear(tape.input(batches.get(17)!.x, [17, INPUTS]), w1, b1, { relu: true })
        tape.backwardSquared(logSoftmax(linear(hidden, w2, b2)), seeds, totals)
      })
    expect(new Set(counts(tape, 20, pass)).size).toBe(1)
  })

  test.each(EVERY)('%s', (_, __, one) => {
    const random = stream(3)
    const tape = new Tape()
    const { inputs, run } = one.make({
      size: () => 6,
      floats: (length, low, high) => uniform(random, length, low, high),
      number: (low, high) => (low + high) / 2,
    })
    const own = inputs.map(({ shape, values }) => new Parameter('input', shape, values))
    const step = () =>
      tape.step(() => tape.backward(sum(square(run(...own.map((parameter) => tape.watch(parameter))))), own))
    expect(new Set(counts(tape, 5, step)).size).toBe(1)
  })
})

describe('a backward pass gives gradients back as it goes', () => {
  const p = vector(8)
  const LENGTH = 100

  test('through a chain: two of them, however long it is', () => {
    const tape = new Tape()
    tape.step(() => {
      let y: Tensor<readonly [number]> = tape.watch(p)
      for (let depth = 0; depth < LENGTH; depth++) y = scale(y, 0.9)
      const loss = sum(y)
      const before = tape.allocations
      tape.backward(loss, [p])
      // that of the loss is of another length
      expect(tape.allocations - before).toBeLessThanOrEqual(3)
    })
  })

  test('where one tensor is used over and over', () => {
    const tape = new Tape()
    tape.step(() => {
      const y = scale(tape.watch(p), 2)
      const uses = Array.from({ length: LENGTH }, () => sum(y))
      const loss = uses.reduce((a, b) => add(a, b))
      const before = tape.allocations
      tape.backward(loss, [p])
      // of 8 numbers: the sum and one more; of one number: those of the sums, which wait for their turn
      expect(tape.allocations - before).toBeLessThanOrEqual(LENGTH + 4)
    })
  })
})

test('a tape holds nothing of a step that has ended', async () => {
  const tape = new Tape()
  const p = vector(3)
  const refs = tape.step(() => {
    const [watched, input] = [tape.watch(p), tape.input(uniform(next, 3), [3])]
    const output = add(watched, input)
    tape.backward(sum(output), [p])
    return [watched, input, output].map((tensor) => new WeakRef(tensor))
  })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // a WeakRef holds on until the running job ends
  await turn()
  collect()
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined])
})

describe('a step in steady state makes no array', () => {
  const Original = globalThis.Float32Array
  afterEach(() => {
    globalThis.Float32Array = Original
  })

  test('by new Float32Array', () => {
    let made = 0
    globalThis.Float32Array = new Proxy(Original, {
      construct(target, args, newTarget) {
        made++
        return Reflect.construct(target, args, newTarget)
      },
    })
    const tape = new Tape()
    train(tape, 64)
    expect(made).toBe(tape.allocations)
    train(tape, 17)
    const before = made
    expect(before).toBe(tape.allocations)
    for (let times = 0; times < 10; times++) {
      train(tape, 64)
      train(tape, 17)
    }
    expect(made).toBe(before)
  })

  test('by any other means: memory behind arrays does not grow', () => {
    const tape = new Tape()
    for (let times = 0; times < 3; times++) train(tape, 64)
    const seen = new Float64Array(30)
    for (let times = 0; times < seen.length; times++) {
      train(tape, 64)
      seen[times] = process.memoryUsage().arrayBuffers
    }
    // nothing else runs in between; a collection can only lower it
    for (let times = 1; times < seen.length; times++) expect(seen[times]).toBeLessThanOrEqual(seen[times - 1]!)
    const kept = new Original(1000)
    expect(process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(seen[29]! + kept.byteLength)
  })
})
