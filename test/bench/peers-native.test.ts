import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Child, type Program } from '../../bench/peers/child.ts'
import { peers } from '../../bench/peers/index.ts'
import { introduce } from '../../bench/peers/kernels.ts'
import { projectFile } from '../../bench/project.ts'
import type { Shape } from '../../bench/speed/shapes.ts'
import type { Peer } from '../../bench/speed/subject.ts'
import { labelledSet } from '../../src/data/set.ts'

const set = labelledSet({
  name: 'one',
  inputs: new Uint8Array(784),
  labels: Uint8Array.of(3),
  features: 784,
  classes: 10,
})

describe('the native program', () => {
  const shape: Shape = { m: 7, n: 5, k: 9, form: 'tn', compared: false, targets: {} }
  const fakeBench = (): Program => ({
    name: 'native_bench',
    command: process.execPath,
    args: [
      '-e',
      `console.log('table portable 160\\ntable avx2 960\\nlibrary openblas OpenBLAS 1\\nabsent blis no libblis\\nready compiler 1')
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const known = { 'time gemm/7x5x9/tn/avx2 3': 'ok 0.5', 'time gemm/7x5x9/tn/openblas 3': 'ok 0.25' }
        console.log(line.startsWith('check gemm/7x5x9/tn/openblas') ? 'ok 1e-7 1e-6' : known[line] ?? 'error ' + line)
      })`,
    ],
  })

  it('has a subject a product and a table, and libraries beside them', async () => {
    const kernels = introduce(await Child.start(fakeBench()), [shape, { ...shape, m: 1024, n: 1024, k: 1024 }])
    expect(kernels.subjects.map(({ name }) => name)).toEqual([
      ...['peak/portable', 'peak/avx2', 'gemm/7x5x9/tn/portable', 'gemm/7x5x9/tn/avx2', 'gemm/1024x1024x1024/tn/avx2'],
    ])
    expect([kernels.peakFlops('avx2'), kernels.peakFlops('avx9')]).toEqual([960, Number.NaN])
    expect(await kernels.subjects[3]?.time(3)).toBe(0.5)
    const { found, skipped } = await peers({ python: '/nonexistent', packages: '/nonexistent', set, kernels })
    expect(skipped.at(-1)).toEqual({ name: 'blis', why: 'no libblis' })
    const [library] = found as [Peer]
    expect([library.name, library.versions]).toEqual(['openblas', 'OpenBLAS 1, one thread'])
    expect(await library.check('gemm/7x5x9/tn')).toEqual({ difference: 1e-7, allowed: 1e-6 })
    expect(await library.subjects[0]?.time(3)).toBe(0.25)
    await library.close()
    expect(await kernels.subjects[3]?.time(3)).toBe(0.5)
    await kernels.close()
  })

  const built = projectFile('build-bench/native_bench')
  it.skipIf(!existsSync(built))('multiplies as its libraries do, where it is built', async () => {
    const child = await Child.start({ name: 'native_bench', command: built, args: [] })
    const odd = (['nt', 'nn', 'tn'] as const).map((form): Shape => ({ ...shape, m: 61, n: 17, k: 103, form }))
    const kernels = introduce(child, odd)
    for (const { subjects, check } of kernels.libraries)
      for (const { name } of subjects) {
        const { difference, allowed } = await check(name)
        expect(difference).toBeLessThan(allowed)
        expect(allowed).toBeCloseTo(103 * 2 ** -23, 9)
      }
    for (const subject of kernels.subjects) expect(await subject.time(2)).toBeLessThan(1)
    await expect(child.ask('time gemm/1x1x1/nt/avx9 1')).rejects.toThrow('there is no avx9')
    await kernels.close()
  })
})
