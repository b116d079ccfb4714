import type { Score } from './types.ts'

const BINS = 10
// a class's counters: rows, right, sum of losses, then rows, right and sum of probabilities of its answers in each bin
const HEAD = 3
const SIZE = HEAD + 3 * BINS

/** What was predicted for a row before it was learnt. */
export interface Outcome {
  /** the true class, and the answer */
  readonly label: number
  readonly answer: number
  /** of the answer, and of the true class */
  readonly probability: number
  readonly logLoss: number
}

/** Counters of how rows were predicted before they were learnt, a class. Labels are numbers from 0. */
export class Scoreboard {
  readonly #counters = new Map<number, Float64Array>()
  #firsts = 0
  #recent = [0, 0]

  /** rows that were the first of their class */
  get firsts(): number {
    return this.#firsts
  }

  /** of rows with half-life 200; null without any */
  get recentAccuracy(): number | null {
    const [rows = 0, right = 0] = this.#recent
    return rows > 0 ? right / rows : null
  }

  add(outcomes: readonly Outcome[], firsts: number): void {
    this.#firsts += firsts
    for (const { label, answer, probability, logLoss } of outcomes) {
      const right = Number(label === answer)
      const own = this.#of(label)
      add(own, 0, 1)
      add(own, 1, right)
      add(own, 2, logLoss)
      const answered = this.#of(answer)
      const at = HEAD + 3 * Math.min(BINS - 1, Math.floor(probability * BINS))
      add(answered, at, 1)
      add(answered, at + 1, right)
      add(answered, at + 2, probability)
      this.#recent = this.#recent.map((value, index) => value * 0.9965402628278678 + (index === 0 ? 1 : right))
    }
  }

  /** forgets a class's counters */
  remove(label: number): void {
    this.#counters.delete(label)
  }

  score(label: number): Score {
    return scoreOf(this.#counters.get(label) ?? new Float64Array(SIZE))
  }

  overall(): Score {
    const total = new Float64Array(SIZE)
    for (const counters of this.#counters.values())
      for (let at = 0; at < SIZE; at++) add(total, at, counters[at] as number)
    return scoreOf(total)
  }

  arrays(): Record<'labels' | 'counters' | 'others', Float64Array> {
    const counters = new Float64Array(this.#counters.size * SIZE)
    const labels = [...this.#counters.keys()]
    labels.forEach((label, index) => {
      counters.set(this.#of(label), index * SIZE)
    })
    return { labels: Float64Array.from(labels), counters, others: Float64Array.of(this.#firsts, ...this.#recent) }
  }

  restore({ labels, counters, others }: Record<'labels' | 'counters' | 'others', Float64Array>): void {
    this.#counters.clear()
    labels.forEach((label, index) => {
      this.#of(label).set(counters.subarray(index * SIZE, (index + 1) * SIZE))
    })
    const [firsts = 0, rows = 0, right = 0] = others
    this.#firsts = firsts
    this.#recent = [rows, right]
  }

  #of(label: number): Float64Array {
    const held = this.#counters.get(label) ?? new Float64Array(SIZE)
    this.#counters.set(label, held)
    return held
  }
}

/** how many counters a state holds for these labels */
export const countersOf = (labels: number): number => labels * SIZE

function scoreOf(counters: Float64Array): Score {
  const [samples = 0, right = 0, loss = 0] = counters
  let [rows, error] = [0, 0]
  for (let at = HEAD; at < SIZE; at += 3) {
    rows += counters[at] as number
    error += Math.abs((counters[at + 1] as number) - (counters[at + 2] as number))
  }
  return {
    samples,
    accuracy: samples > 0 ? right / samples : null,
    logLoss: samples > 0 ? loss / samples : null,
    calibrationError: rows > 0 ? error / rows : null,
  }
}

function add(counters: Float64Array, at: number, value: number): void {
  counters[at] = (counters[at] as number) + value
}
