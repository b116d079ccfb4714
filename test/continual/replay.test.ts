import { describe, expect, it } from 'vitest'
import { Replay } from '../../src/continual/replay.ts'
import { Heads } from '../../src/nn/heads.ts'
import type { Mlp } from '../../src/nn/mlp.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { Random, type RandomState } from '../../src/tensor/random.ts'
import { Learner } from '../../src/training/learner.ts'
import { differences, float64, logSoftmax, moments } from '../nn/float64.ts'
import { blobs, largest, UNIT_ROUNDOFF, worst } from '../toy.ts'
import { makeModel, moved, task, termOf, x, y } from './distil.ts'

const second = blobs({ count: 13, features: 6, classes: 4, seed: 2 })

/** the rows that the next step will replay, from what the method says it keeps */
function next(method: Replay, size: number) {
  const { inputs, labels, tasks, random } = method.state([]).arrays
  const draw = Random.restore([...(random as Float64Array)] as unknown as RandomState)
  const rows = Array.from({ length: size }, () => draw.below(method.count))
  const unit = Math.fround(1 / 255)
  return {
    x: Float32Array.from(
      rows.flatMap((row) => [...inputs!.subarray(6 * row, 6 * row + 6)]),
      (byte) => byte * unit,
    ),
    y: rows.map((row) => labels![row] as number),
    tasks: rows.map((row) => tasks![row] as number),
  }
}

/** weight * mean -log p(label) of the rows over some of the classes each, in float64 */
function written(model: Mlp, rows: ReturnType<typeof next>, weight: number, ranges?: readonly (readonly number[])[]) {
  const plain = float64(model)
  const f = () =>
    plain.logits(rows.x, 'training').reduce((total, row, n) => {
      const [from, to] = ranges?.[rows.tasks[n] as number] ?? [0, row.length]
      return total - (weight / rows.y.length) * (logSoftmax(row.slice(from, to))[rows.y[n] as number] as number)
    }, 0)
  return { plain, f }
}

/** the term and its gradient are those of the formula */
function checkTerm(model: Mlp, found: number | null, { plain, f }: ReturnType<typeof written>): void {
  // logits of the order of 1 after 3 layers of 8 terms at most, weights of at most 3
  expect(Math.abs((found as number) - f())).toBeLessThan(300 * UNIT_ROUNDOFF)
  for (const parameter of model.parameters()) {
    const slopes = differences(plain.values.get(parameter) as Float64Array, f)
    expect(worst(parameter.gradient, slopes, () => 600 * UNIT_ROUNDOFF)).toBeLessThan(1)
    expect(largest(slopes)).toBeGreaterThan(1e-3)
  }
}

describe('the term of Replay', () => {
  it.each([
    { weight: 1, batchSize: 7, batchNorm: false },
    { weight: 2.5, batchSize: 30, batchNorm: true },
    { weight: 0.5, batchSize: null, batchNorm: true },
  ])('is the weighted cross-entropy of the rows drawn: %o', ({ weight, batchSize, batchNorm }) => {
    const model = makeModel(batchNorm)
    const method = new Replay({ samples: 9, weight, seed: 4, ...(batchSize && { batchSize }) })
    expect(termOf(method, model)).toBeNull()
    method.consolidate(task(model))
    method.consolidate({ ...task(model), set: second })
    moved(model)
    for (let step = 0; step < 2; step++) {
      // as many as the step's own 11 unless told
      const rows = next(method, batchSize ?? 11)
      checkTerm(model, termOf(method, model), written(model, rows, weight))
    }
  })

  it('draws every kept row, each step others', () => {
    const model = makeModel()
    const method = new Replay({ samples: 9, batchSize: 5 })
    method.consolidate(task(model))
    const drawn = Array.from({ length: 30 }, () => {
      const rows = next(method, 5)
      termOf(method, model)
      return rows
    })
    expect(drawn[0]?.x).not.toEqual(drawn[1]?.x)
    const different = new Set(drawn.flatMap((rows) => rows.y.map((_, n) => rows.x.slice(6 * n, 6 * n + 6).join())))
    expect(different.size).toBe(9)
  })

  it('leaves running statistics that take both batches, each by its rows', () => {
    const model = makeModel(true)
    const method = new Replay({ samples: 9, batchSize: 22 })
    method.consolidate(task(model))
    const rows = next(method, 22)
    const [norm] = model.norms
    const before = norm!.runningVariance.slice()
    const [weight, bias] = model.parameters().map(({ data }) => data)
    const hidden = (of: ArrayLike<number>) =>
      Array.from({ length: of.length / 6 }, (_, n) =>
        Array.from(bias!, (start, o) =>
          Math.max(
            0,
            weight!.subarray(6 * o, 6 * o + 6).reduce((sum, w, i) => sum + w * of[6 * n + i]!, start),
          ),
        ),
      )
    const [own, replayed] = [moments(hidden(x)), moments(hidden(rows.x))]
    new Learner(model, { optimizer: new Sgd({ learningRate: 0.1 }), method }).step(x, y)
    // unbiased: over 10 and over 21; then a third of one and two of the other
    const expected = before.map(
      (was, i) => 0.9 * was + (0.1 * (own[i]!.variance * (11 / 10) + 2 * replayed[i]!.variance * (22 / 21))) / 3,
    )
    expect(worst(norm!.runningVariance, expected, () => 20 * UNIT_ROUNDOFF)).toBeLessThan(1)
  })
})

describe('Replay with Heads', () => {
  it.each<[string, [number, number][], [number, number], [number, number][]]>([
    [
      'one a task: the row answers to that of its task',
      [
        [0, 3],
        [3, 7],
      ],
      [3, 7],
      [
        [0, 3],
        [3, 7],
      ],
    ],
    [
      'one that grows: the row answers to all that is shown',
      [
        [0, 4],
        [0, 6],
      ],
      [0, 7],
      [
        [0, 7],
        [0, 7],
      ],
    ],
    [
      'one that shrank: the row answers to what it was learnt with',
      [
        [0, 4],
        [0, 6],
      ],
      [0, 4],
      [
        [0, 4],
        [0, 6],
      ],
    ],
    [
      'one that ends where it did, but begins before',
      [
        [3, 7],
        [3, 7],
      ],
      [2, 7],
      [
        [3, 7],
        [3, 7],
      ],
    ],
  ])('%s', (_, before, [from, to], expected) => {
    const model = makeModel(true, [6, 7, 7])
    const heads = new Heads(model)
    const method = new Replay({ samples: 10, batchSize: 20, weight: 2 })
    const three = blobs({ count: 9, features: 6, classes: 3, seed: 3 })
    method.consolidate({ ...task(heads.use(...before[0]!)), set: three })
    method.consolidate({ ...task(heads.use(...before[1]!)), set: second })
    moved(model)
    const rows = next(method, 20)
    expect(new Set(rows.tasks).size).toBe(2)
    checkTerm(model, termOf(method, heads.use(from, to)), written(model, rows, 2, expected))
  })

  it('counts labels beyond 256 outputs', () => {
    const model = makeModel(false, [6, 5, 300])
    const heads = new Heads(model).use(296, 300)
    const method = new Replay({ samples: 10, batchSize: 6 })
    method.consolidate(task(heads))
    const rows = next(method, 6)
    const term = termOf(method, heads.use(0, 4)) as number
    expect(Math.abs(term - written(model, rows, 1, [[296, 300]]).f())).toBeLessThan(100 * UNIT_ROUNDOFF)
  })
})
