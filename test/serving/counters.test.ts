import { describe, expect, it } from 'vitest'
import { Drift } from '../../src/serving/drift.ts'
import { Scoreboard } from '../../src/serving/scoreboard.ts'
import { lossOf, power, Temperature } from '../../src/serving/temperature.ts'
import { Threshold } from '../../src/serving/threshold.ts'
import { Random } from '../../src/tensor/random.ts'

const random = Random.from(11, 'counters')
const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())

/** softmax in float64 */
function softmax(logits: ArrayLike<number>): number[] {
  const most = Math.max(...Array.from(logits))
  const e = Array.from(logits, (z) => Math.exp(z - most))
  const sum = e.reduce((a, b) => a + b)
  return e.map((value) => value / sum)
}

/** -log softmax in float64, of one class */
function lossAt(logits: ArrayLike<number>, column: number, temperature: number): number {
  const scaled = Array.from(logits, (z) => z / temperature)
  const most = Math.max(...scaled)
  return most + Math.log(scaled.reduce((sum, z) => sum + Math.exp(z - most), 0)) - (scaled[column] as number)
}

/** logits of `classes`, and a class drawn from their softmax; the logits come out as if multiplied by `factor` */
function drawn(count: number, classes: number, factor: number) {
  const [logits, columns] = [new Float32Array(count * classes), [] as number[]]
  for (let row = 0; row < count; row++) {
    const z = Array.from({ length: classes }, () => 2 * normal())
    let [left, column] = [random.uniform(), 0]
    const p = softmax(z)
    while (column < classes - 1 && left >= (p[column] as number)) left -= p[column++] as number
    columns.push(column)
    logits.set(
      z.map((value) => value * factor),
      row * classes,
    )
  }
  return { logits, columns }
}

const GRID = Array.from({ length: 25 }, (_, step) => 2 ** (-7 + step / 2))

describe('Temperature', () => {
  it.each([0.25, 1, 3, 8])('finds by how much logits were multiplied: %d', (factor) => {
    const temperature = new Temperature(1)
    const { logits, columns } = drawn(4000, 5, factor)
    for (let from = 0; from < 4000; from += 100)
      temperature.add(logits.subarray(from * 5, (from + 100) * 5), columns.slice(from, from + 100), 5)
    // a step of the grid is a factor of sqrt(2)
    expect(Math.abs(Math.log2(temperature.value / factor))).toBeLessThanOrEqual(0.5)
  })

  it('is the one of the grid with the least log loss, old rows fading, as computed in float64', () => {
    const temperature = new Temperature(1)
    const losses = new Float64Array(25)
    // what is right changes on the way, so that fading matters
    for (const [factor, batches] of [
      [4, 60],
      [0.5, 25],
    ] as const)
      for (let batch = 0; batch < batches; batch++) {
        const { logits, columns } = drawn(50, 3, factor)
        temperature.add(logits, columns, 3)
        GRID.forEach((t, step) => {
          const loss = columns.reduce(
            (sum, column, row) => sum + lossAt(logits.subarray(3 * row, 3 * row + 3), column, t),
            0,
          )
          losses[step] = (losses[step] as number) * (1 - Math.LN2 / 2000) ** 50 + loss
        })
        const found = temperature.arrays().losses
        found.forEach((loss, step) => {
          expect(Math.abs(loss / (losses[step] as number) - 1)).toBeLessThan(1e-5)
        })
        expect(temperature.value).toBeCloseTo(GRID[losses.indexOf(Math.min(...losses))] as number, 12)
      }
  })

  it('begins where it is told, until 30 rows have come', () => {
    const temperature = new Temperature(0.125)
    temperature.add(new Float32Array(58).fill(1), new Array(29).fill(0), 2)
    expect(temperature.value).toBe(0.125)
    temperature.add(Float32Array.of(0, 4), [1], 2)
    expect(temperature.value).not.toBe(0.125)
  })

  it('takes logits that overflow for a loss that is large and finite', () => {
    const temperature = new Temperature(1)
    temperature.add(Float32Array.of(3e38, -3e38, 1e30, 0), [1, 1], 2)
    expect([...temperature.arrays().losses].every(Number.isFinite)).toBe(true)
    expect([lossOf(-Infinity), lossOf(NaN), lossOf(-1e9), lossOf(-2)]).toEqual([1e6, 1e6, 1e6, 2])
  })

  it('takes powers by products', () => {
    for (const n of [0, 1, 2, 7, 1000, 123_457]) expect(power(0.9997, n) / 0.9997 ** n).toBeCloseTo(1, 10)
  })
})

describe('Threshold', () => {
  // of a distribution with most of its rows near 1
  const answered = () => 1 - 0.7 * random.uniform() * random.uniform()

  it.each([0.001, 0.01, 0.05, 0.2, 0.5])('a share of %d of rows of the same distribution is below it', (rate) => {
    const threshold = new Threshold(rate)
    for (let batch = 0; batch < 600; batch++) threshold.add(Array.from({ length: 20 }, answered))
    const [count, value] = [40_000, threshold.value]
    const below = Array.from({ length: count }, answered).filter((p) => p < value).length
    // of 2,885 rows, which is what fading leaves of many, and of as many as are drawn here; and a bin's width
    const spread = Math.sqrt(rate * (1 - rate) * (1 / 2885 + 1 / count))
    expect(Math.abs(below / count - rate)).toBeLessThan(4 * spread + 1e-4)
  })

  it('follows a distribution that changes', () => {
    const threshold = new Threshold(0.1)
    for (let batch = 0; batch < 300; batch++)
      threshold.add(Array.from({ length: 20 }, () => 0.9 + 0.1 * random.uniform()))
    expect(threshold.value).toBeCloseTo(0.91, 2)
    for (let batch = 0; batch < 900; batch++)
      threshold.add(Array.from({ length: 20 }, () => 0.5 + 0.1 * random.uniform()))
    expect(threshold.value).toBeCloseTo(0.51, 2)
  })

  it('is 0 for rate 0, and until 30 rows have come', () => {
    const [none, some] = [new Threshold(0), new Threshold(0.5)]
    none.add(new Array(100).fill(0.5))
    some.add(new Array(29).fill(0.9))
    expect([none.value, some.value]).toEqual([0, 0])
    some.add([0.9])
    expect(some.value).toBeGreaterThan(0.89)
  })
})

describe('Scoreboard', () => {
  const outcomes = Array.from({ length: 3000 }, () => {
    const [label, sure] = [random.below(4), random.uniform()]
    const answer = random.uniform() < sure ? label : random.below(4)
    return { label, answer, probability: 0.25 + 0.75 * sure * sure, logLoss: 3 * random.uniform() }
  })
  const board = new Scoreboard()
  for (let from = 0; from < 3000; from += 30) board.add(outcomes.slice(from, from + 30), 2)

  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  /** Guo et al. 2017, equation 3, bins as there: sum over bins of |B| / n |accuracy - confidence| */
  const calibrationError = (rows: typeof outcomes) =>
    Array.from({ length: 10 }, (_, bin) => rows.filter(({ probability: p }) => p >= bin / 10 && p < (bin + 1) / 10))
      .filter((held) => held.length > 0)
      .reduce((sum, held) => {
        const accuracy = mean(held.map(({ label, answer }) => Number(label === answer)))
        return sum + (held.length / rows.length) * Math.abs(accuracy - mean(held.map(({ probability }) => probability)))
      }, 0)

  it.each([0, 1, 2, 3])('class %i: of its rows and of answers of it, literally', (of) => {
    const own = outcomes.filter(({ label }) => label === of)
    const score = board.score(of)
    expect(score.samples).toBe(own.length)
    expect(score.accuracy).toBeCloseTo(mean(own.map(({ answer }) => Number(answer === of))), 10)
    expect(score.logLoss).toBeCloseTo(mean(own.map(({ logLoss }) => logLoss)), 10)
    expect(score.calibrationError).toBeCloseTo(calibrationError(outcomes.filter(({ answer }) => answer === of)), 10)
  })

  it('overall: over all rows, the bins of all classes together', () => {
    const all = board.overall()
    expect(all.samples).toBe(3000)
    expect(all.accuracy).toBeCloseTo(mean(outcomes.map(({ label, answer }) => Number(label === answer))), 10)
    expect(all.logLoss).toBeCloseTo(mean(outcomes.map(({ logLoss }) => logLoss)), 10)
    expect(all.calibrationError).toBeCloseTo(calibrationError(outcomes), 10)
    expect(board.firsts).toBe(200)
  })

  it('recent accuracy has half-life 200', () => {
    const recent = new Scoreboard()
    expect(recent.recentAccuracy).toBeNull()
    const right = { label: 0, answer: 0, probability: 1, logLoss: 0 }
    recent.add(new Array(5000).fill(right), 0)
    recent.add(new Array(200).fill({ ...right, answer: 1 }), 0)
    expect(recent.recentAccuracy).toBeCloseTo(0.5, 2)
  })

  it('asking changes nothing: a class without rows has no score, and no counters', () => {
    const before = board.arrays()
    expect(board.score(99)).toEqual({ samples: 0, accuracy: null, logLoss: null, calibrationError: null })
    expect(board.arrays()).toEqual(before)
  })
})

describe('Drift', () => {
  const I = 40
  const cloud = (count: number, shift = 0) =>
    Float32Array.from({ length: count * I }, (_, at) => (3 + normal() + shift) * (1 + (at % I)))
  const shifted = (shift: number): { readonly distance: number; readonly expected: number } => {
    const drift = new Drift(I)
    drift.add(cloud(4000))
    drift.add(cloud(400, shift))
    return drift.report()
  }

  it('is near what chance makes of it while inputs stay as they are', () => {
    const { distance, expected } = shifted(0)
    expect(distance / expected).toBeGreaterThan(0.75)
    expect(distance / expected).toBeLessThan(1.25)
    // a mean over so many rows, weights 2^(-age / 200): sum^2 / sum of squares, of 4,400
    expect(expected).toBeCloseTo(Math.sqrt(1 / (2 * (200 / Math.LN2)) - 1 / 4400), 2)
  })

  it('rises with a shift, in standard deviations', () => {
    const found = [0, 0.25, 0.5, 1, 2].map((shift) => shifted(shift).distance)
    expect([...found].sort((a, b) => a - b)).toEqual(found)
    // a quarter of the recent mean is of before; the mean of all has moved by 400 / 4,400, its deviation too
    const recent = 0.75 - 400 / 4400
    const deviation = Math.sqrt(1 + (400 / 4400) * (4000 / 4400))
    expect(found[3]).toBeCloseTo(recent / deviation, 1)
  })

  it('says 0 of no row, of one, of inputs that never vary, and after rows were taken back', () => {
    const drift = new Drift(2)
    expect(drift.report()).toEqual({ distance: 0, expected: 0 })
    drift.add(Float32Array.of(1, 2))
    expect(drift.report()).toEqual({ distance: 0, expected: 0 })
    for (let n = 0; n < 50; n++) drift.add(Float32Array.of(1, 2))
    expect(drift.report().distance).toBe(0)
    drift.add(Float32Array.of(1, 2), -1)
    expect(drift.report()).toEqual({ distance: 0, expected: 0 })
    expect([...drift.arrays().recent]).toEqual([0, 0])
  })
})
