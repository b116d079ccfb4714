import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolder } from '../../src/data/cache.ts'
import { FASHION_MNIST, filesOf, MNIST } from '../../src/data/catalogue.ts'
import { type LoadOptions, loadFashionMnist, loadMnist } from '../../src/data/load.ts'
import type { LabelledSet } from '../../src/data/set.ts'
import { failure, temporaryFolder } from './fixtures.ts'

// nothing here may leave this machine, so the real Fashion-MNIST is looked at where an earlier load has kept it
const hasFashion =
  existsSync('/usr/share/datasets/fashion-mnist') ||
  filesOf(FASHION_MNIST).every(({ file }) => existsSync(join(cacheFolder(), FASHION_MNIST.folder, file)))

function counts({ labels, classes }: LabelledSet): number[] {
  const found = new Array<number>(classes).fill(0)
  for (const label of labels) found[label] = (found[label] ?? 0) + 1
  return found
}

function mean({ inputs }: LabelledSet): number {
  return Array.from(inputs).reduce((sum, byte) => sum + byte, 0) / inputs.length / 255
}

describe('loadMnist', () => {
  it('has the real set, from the package and then from the cache', async () => {
    const folder = await temporaryFolder()
    const { train, test } = await loadMnist({ folder })
    expect(train).toMatchObject({ name: 'mnist/train', count: 60_000, features: 784, classes: 10 })
    expect(test).toMatchObject({ name: 'mnist/test', count: 10_000, features: 784, classes: 10 })
    expect(counts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect(counts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9])
    expect(mean(train)).toBeCloseTo(0.1307, 4)
    for (const { file } of filesOf(MNIST)) expect(existsSync(join(folder, 'mnist', file))).toBe(true)
    const started = performance.now()
    const again = await loadMnist({ folder })
    // a bound for a busy machine: it takes 0.1 s on a free one
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(Buffer.compare(again.train.inputs as Uint8Array, train.inputs as Uint8Array)).toBe(0)
  })

  it('repairs a damaged cache from the package', async () => {
    const folder = await temporaryFolder()
    await loadMnist({ folder })
    await writeFile(join(folder, 'mnist', 't10k-labels-idx1-ubyte'), 'damaged')
    expect(counts((await loadMnist({ folder })).test)[0]).toBe(980)
  })

  it.each<[string, unknown]>([
    ['folder', ''],
    ['folder', 7],
    ['onProgress', 'yes'],
    ['signal', {}],
  ])('refuses a wrong %s', async (option, value) => {
    const error = await failure(loadMnist({ [option]: value } as LoadOptions), 'INVALID_ARGUMENT')
    expect(error.message).toContain(`${option} must be`)
  })

  it('ends when it is told to before it begins', async () => {
    const signal = AbortSignal.abort()
    await expect(loadMnist({ signal })).rejects.toBe(signal.reason)
    await expect(loadFashionMnist({ signal })).rejects.toBe(signal.reason)
  })
})

describe.skipIf(!hasFashion)('loadFashionMnist', () => {
  it('has the real set', async () => {
    const { train, test } = await loadFashionMnist()
    expect(train).toMatchObject({ name: 'fashion-mnist/train', count: 60_000, features: 784, classes: 10 })
    expect(test).toMatchObject({ name: 'fashion-mnist/test', count: 10_000, features: 784, classes: 10 })
    expect(counts(train)).toEqual(new Array(10).fill(6000))
    expect(counts(test)).toEqual(new Array(10).fill(1000))
    expect([...train.labels.subarray(0, 5)]).toEqual([9, 0, 0, 3, 0])
    expect(mean(train)).toBeCloseTo(0.286, 3)
  })
})
