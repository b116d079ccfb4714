import { type LabelledSet, labelledSet, type TrainAndTest } from '../../src/data/index.ts'
import { Random } from '../../src/tensor/random.ts'

const FEATURES = 784

/** So many images of ten classes, a pattern each, under much noise: what is learnt of them is neither nothing nor all. */
export function images(name: string, count: number, seed: number): LabelledSet {
  const patterns = Random.from(seed, 'patterns')
  const shapes = Array.from({ length: 10 }, () => bytes(patterns, FEATURES))
  const noise = Random.from(seed, name)
  const labels = Uint8Array.from({ length: count }, (_, row) => row % 10)
  const inputs = new Uint8Array(count * FEATURES)
  labels.forEach((label, row) => {
    const shape = shapes[label] as Uint8Array
    const over = bytes(noise, FEATURES)
    for (let i = 0; i < FEATURES; i++)
      inputs[row * FEATURES + i] = 0.15 * (shape[i] as number) + 0.85 * (over[i] as number)
  })
  return labelledSet({ name, inputs, labels, features: FEATURES, classes: 10 })
}

/** training and test images of the same patterns */
export const pair = (name: string, train: number, test: number, seed: number): TrainAndTest => ({
  train: images(`${name}/train`, train, seed),
  test: images(`${name}/test`, test, seed),
})

const bytes = (random: Random, count: number) => Uint8Array.from({ length: count }, () => random.uniform() * 256)
